import type { Signer } from '../ports.ts'
import { CborCursor, MAJOR } from './cbor-cursor.ts'
import { encodeCanonical } from './encode.ts'

/** A body of canonical CBOR with the author's signature over it, kept exactly as signed. */
export interface SignedBlob {
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

const SIGNATURE_BYTES = 64

// Signed bytes begin with a name of their own, so that no signature made for one thing can be shown for another.
function signedBytes(domain: string, body: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${domain}\n`)
  const bytes = new Uint8Array(head.byteLength + body.byteLength)
  bytes.set(head)
  bytes.set(body, head.byteLength)
  return bytes
}

export function signBlob(domain: string, body: Uint8Array, signer: Pick<Signer, 'sign'>): SignedBlob {
  return { body, signature: signer.sign(signedBytes(domain, body)) }
}

export function blobSignatureHolds(
  domain: string,
  blob: SignedBlob,
  publicKey: Uint8Array,
  signer: Pick<Signer, 'verify'>,
): boolean {
  return signer.verify(publicKey, signedBytes(domain, blob.body), blob.signature)
}

/** The CBOR array `[body, signature]`. */
export const encodeBlob = (blob: SignedBlob): Uint8Array => encodeCanonical([blob.body, blob.signature])

/** @throws MalformedError. Does not check the signature. */
export function decodeBlob(payload: Uint8Array, what: string): SignedBlob {
  const cursor = new CborCursor(payload, what)
  if (cursor.head(MAJOR.array) !== 2) cursor.fail('expected [body, signature]')
  const body = cursor.string(MAJOR.bytes)
  const signature = cursor.string(MAJOR.bytes)
  if (signature.byteLength !== SIGNATURE_BYTES) cursor.fail(`signature of ${signature.byteLength} bytes`)
  if (!cursor.done) cursor.fail('bytes after the end')
  return { body, signature }
}

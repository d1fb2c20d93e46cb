import type { AgentId, Signer } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import { CborCursor, MAJOR } from './cbor-cursor.ts'
import { encodeCanonical } from './encode.ts'
import { MalformedError, UnsupportedVersionError } from './errors.ts'
import { blobSignatureHolds, decodeBlob, encodeBlob, type SignedBlob, signBlob } from './signed-blob.ts'

/**
 * One signature for the events that went to disk together. `head` makes it cover, through the chain, everything
 * before as well; `root` lets one event be shown to another party without the rest of the batch.
 */
export interface Batch {
  readonly author: AgentId
  readonly boot: number
  readonly first: number
  readonly last: number
  /** Merkle root over the hashes of events `first..last` (`merkle.ts`). */
  readonly root: Uint8Array
  /** Hash of event `last`. */
  readonly head: Uint8Array
  /** Stamp of event `last`. */
  readonly hlc: Hlc
  /** Bytes of the event records, for retention. */
  readonly sizeBytes: number
}

export interface SignedBatch extends SignedBlob {
  readonly batch: Batch
}

const VERSIONS = [1]
const WHAT = 'batch'
const DOMAIN = 'skein/log-batch/1'
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

export function signBatch(batch: Batch, signer: Pick<Signer, 'sign'>): SignedBatch {
  const { author, boot, first, last, root, head, hlc, sizeBytes } = batch
  const body = encodeCanonical([VERSIONS[0], author, boot, first, last, root, head, hlc, sizeBytes])
  return { batch, ...signBlob(DOMAIN, body, signer) }
}

export function batchSignatureHolds(
  signed: SignedBatch,
  publicKey: Uint8Array,
  signer: Pick<Signer, 'verify'>,
): boolean {
  return blobSignatureHolds(DOMAIN, signed, publicKey, signer)
}

/** Payload of the batch record. */
export const encodeBatch = (signed: SignedBatch): Uint8Array => encodeBlob(signed)

/** @throws MalformedError, UnsupportedVersionError. Does not check the signature. */
export function decodeBatch(payload: Uint8Array): SignedBatch {
  const blob = decodeBlob(payload, WHAT)
  return { batch: decodeBody(blob.body), ...blob }
}

function decodeBody(body: Uint8Array): Batch {
  const cursor = new CborCursor(body, WHAT)
  const fields = cursor.head(MAJOR.array)
  const version = cursor.head(MAJOR.uint)
  if (!VERSIONS.includes(version)) throw new UnsupportedVersionError(WHAT, version, VERSIONS)
  if (fields !== 9) cursor.fail(`${fields} fields, expected 9`)
  const author = utf8.decode(cursor.string(MAJOR.text))
  const boot = cursor.head(MAJOR.uint)
  const first = cursor.head(MAJOR.uint)
  const last = cursor.head(MAJOR.uint)
  const root = cursor.string(MAJOR.bytes)
  const head = cursor.string(MAJOR.bytes)
  const hlc = cursor.head(MAJOR.uint)
  const sizeBytes = cursor.head(MAJOR.uint)
  if (!cursor.done) cursor.fail('bytes after the end')
  if (first < 1 || last < first) throw new MalformedError(WHAT, `from ${first} to ${last}`)
  if (root.byteLength !== 32 || head.byteLength !== 32)
    throw new MalformedError(WHAT, 'a hash is not 32 bytes')
  return { author, boot, first, last, root, head, hlc, sizeBytes }
}

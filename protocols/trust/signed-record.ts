import { encode } from 'cborg'
import { CborRow } from '../cbor-row.ts'
import { FrameError } from '../frame-error.ts'
import { signedBytes, signingContext } from '../identity/swarm-tag.ts'

/*
 * Every record of trust has one form: the CBOR array [body, signature], body and signature byte strings. The body
 * is canonical CBOR of an array that starts with its version and the swarm; the signature (Ed25519, 64 bytes)
 * covers the signing context (identity/swarm-tag.ts: kind of record, swarm) and the body exactly as sent.
 */
const SIGNATURE_LENGTH = 64

/** What a record is of, as its signing context says it. */
export type RecordKind =
  | 'certificate'
  | 'issuer'
  | 'genesis'
  | 'revocations'
  | 'head'
  | 'bundle'
  | 'command'
  | 'command-ack'

/** A record taken apart, its signature not yet checked. */
export interface OpenedRecord {
  readonly row: CborRow
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

export type Verify = (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean
export type Sign = (bytes: Uint8Array) => Uint8Array

/** Encodes and signs a record. */
export function sealRecord(
  kind: RecordKind,
  swarm: string,
  fields: readonly unknown[],
  sign: Sign,
): Uint8Array {
  const body = encode(fields)
  return encode([body, sign(signedBytes(signingContext(kind, swarm), body))])
}

/** Takes a record apart. Throws FrameError on anything that is not exactly one of this version. */
export function openRecord(bytes: Uint8Array, what: string, version: number, max: number): OpenedRecord {
  if (bytes.byteLength > max) throw new FrameError('oversize', `${what} has at most ${max} bytes`, max)
  const outer = CborRow.decodeCanonical(bytes, what)
  if (outer.length !== 2) throw new FrameError('malformed', `${what} is [body, signature]`, 0)
  const body = outer.blob(0, max)
  const row = CborRow.decodeCanonical(body, what)
  if (row.whole(0, 0) !== version)
    throw new FrameError('version', `${what} has version ${row.whole(0)}, this node reads ${version}`, 0)
  return { row, body, signature: outer.bytes(1, SIGNATURE_LENGTH) }
}

/** Whether the record was signed with this key, as this kind of record, in this swarm. */
export function recordHolds(
  kind: RecordKind,
  swarm: string,
  record: OpenedRecord,
  publicKey: Uint8Array,
  verify: Verify,
): boolean {
  return verify(publicKey, signedBytes(signingContext(kind, swarm), record.body), record.signature)
}

import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { RPC } from '@libp2p/gossipsub/message'
import type { PrivateKey } from '@libp2p/interface'
import { encodeMessage } from '../../../protocols/gossip/wire.ts'
import { ed25519Signer, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import type { Signer } from '../../../src/ports.ts'

/** A topic as short as the product's. */
export const TOPIC = 'p/881f1d4887'
export const AUTHORS = 50

/** A position-like record: 52 bytes of body, and in ours the author's signature behind it: 116 bytes. */
const BODY_BYTES = 52
const SIGNATURE_BYTES = 64

const seedOf = (author: number) => new Uint8Array(32).fill(author + 1)

/** Body: author (u16), sequence (u32), time of sending (f64, ms), and noise where the position would be. */
export function body(author: number, seq: number, sentAtMs: number): Uint8Array {
  const bytes = new Uint8Array(BODY_BYTES).fill(seq & 255)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, author)
  view.setUint32(2, seq)
  view.setFloat64(6, sentAtMs)
  return bytes
}

export function sentAtMs(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset).getFloat64(6)
}

export function authorSigner(author: number): Signer {
  return ed25519Signer(seedOf(author))
}

/** A record that carries its own signature. */
export function signedRecord(signer: Signer, unsigned: Uint8Array): Uint8Array {
  const record = new Uint8Array(unsigned.byteLength + SIGNATURE_BYTES)
  record.set(unsigned)
  record.set(signer.sign(unsigned), unsigned.byteLength)
  return record
}

/** Checks records of the authors 0..n-1, natively, as the product's validator does. */
export function recordVerifier(authors: number): (record: Uint8Array) => boolean {
  const keys = Array.from({ length: authors }, (_, author) => authorSigner(author).publicKey)
  return record => {
    const key = keys[new DataView(record.buffer, record.byteOffset).getUint16(0)]
    const end = record.byteLength - SIGNATURE_BYTES
    return key !== undefined && verifyEd25519(key, record.subarray(0, end), record.subarray(end))
  }
}

/** Updates as the fields of an RPC (tag included), ready to be sent by whoever pretends to relay them. */
export interface UpdateSource {
  next(seq: number): Promise<Uint8Array>
}

/** Our records: signature inside, nothing of GossipSub's around. */
export function ourUpdates(): UpdateSource {
  const signers = Array.from({ length: AUTHORS }, (_, author) => authorSigner(author))
  return {
    async next(seq) {
      const signer = signers[seq % AUTHORS]
      if (signer === undefined) throw new Error('no such author')
      return encodeMessage(TOPIC, signedRecord(signer, body(seq % AUTHORS, seq, 0))).field
    },
  }
}

/** The same records under GossipSub's StrictSign: author, sequence number, signature and no own one. */
export async function stockUpdates(): Promise<UpdateSource> {
  const keys = await Promise.all(
    Array.from({ length: AUTHORS }, (_, author) => generateKeyPairFromSeed('Ed25519', seedOf(author))),
  )
  return {
    async next(seq) {
      const key = keys[seq % AUTHORS]
      if (key === undefined) throw new Error('no such author')
      return await strictlySigned(key, seq)
    },
  }
}

async function strictlySigned(key: PrivateKey, seq: number): Promise<Uint8Array> {
  const seqno = new Uint8Array(8)
  new DataView(seqno.buffer).setUint32(4, seq)
  const message = {
    from: key.publicKey.toMultihash().bytes,
    data: body(seq % AUTHORS, seq, 0),
    seqno,
    topic: TOPIC,
  }
  const signature = await key.sign(
    Buffer.concat([Buffer.from('libp2p-pubsub:'), RPC.Message.encode(message)]),
  )
  return RPC.encode({ subscriptions: [], messages: [{ ...message, signature }] })
}

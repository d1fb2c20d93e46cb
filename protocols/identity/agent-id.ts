import { fromString, toString as textOf } from 'uint8arrays'
import type { AgentId } from '../../src/ports.ts'

// libp2p: a peer id is the identity multihash (0x00, length) of the protobuf {type: Ed25519, data: key}.
const HEAD = Uint8Array.from([0x00, 0x24, 0x08, 0x01, 0x12, 0x20])

/** The peer id of a 32-byte Ed25519 public key. */
export function agentIdOf(publicKey: Uint8Array): AgentId {
  const bytes = new Uint8Array(HEAD.byteLength + 32)
  bytes.set(HEAD)
  bytes.set(publicKey, HEAD.byteLength)
  return textOf(bytes, 'base58btc')
}

/** The public key inside a peer id, or null if the text is not the peer id of an Ed25519 key. */
export function publicKeyOf(agent: AgentId): Uint8Array | null {
  let bytes: Uint8Array
  try {
    bytes = fromString(agent, 'base58btc')
  } catch {
    return null
  }
  if (bytes.byteLength !== HEAD.byteLength + 32 || HEAD.some((byte, i) => bytes[i] !== byte)) return null
  return bytes.subarray(HEAD.byteLength)
}

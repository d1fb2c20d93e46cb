import { ed25519Signer, sha256 } from '../protocols/identity/ed25519.ts'
import { equalBytes } from '../src/bytes.ts'
import type { Signer } from '../src/ports.ts'
import { mix32 } from './kernel/random.ts'
import { digestBytes } from './kernel/trace.ts'

/** Fills bytes from two 32-bit seeds. */
function fill(length: number, a: number, b: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 4) {
    const word = mix32(((i & 4) === 0 ? a : b) + Math.imul(i + 1, 0x9e3779b1))
    bytes[i] = word
    bytes[i + 1] = word >>> 8
    bytes[i + 2] = word >>> 16
    bytes[i + 3] = word >>> 24
  }
  return bytes
}

const signature = (publicKey: Uint8Array, bytes: Uint8Array): Uint8Array => {
  const key = digestBytes(publicKey)
  return fill(64, digestBytes(bytes) ^ key, mix32(key + digestBytes(bytes, 1)))
}

/**
 * A stand-in for Ed25519 and SHA-256, a hundred times cheaper and of the same shapes. It tells a damaged or misattributed
 * message from a true one; whoever knows the public key could forge, which nobody here does.
 */
export function fakeSigner(seed: number): Signer {
  const publicKey = fill(32, mix32(seed), mix32(seed ^ 0x5bd1e995))
  return {
    publicKey,
    sign: bytes => signature(publicKey, bytes),
    verify: (key, bytes, signed) => equalBytes(signature(key, bytes), signed),
    hash: bytes => fill(32, digestBytes(bytes), digestBytes(bytes, 1)),
  }
}

/** The key that node `index` of a run has, or its authority (past all nodes). */
export function signerOf(seed: number, index: number, kind: 'real' | 'fake'): Signer {
  if (kind === 'fake') return fakeSigner(Math.imul(seed + 1, 0x9e3779b1) ^ index)
  return ed25519Signer(sha256(new TextEncoder().encode(`skein/sim/${seed}/${index}`)))
}

import { mix32 } from './random.ts'

/** 32-bit digest of the bytes from `start` on, four at a time; fast, not cryptographic. */
export function digestBytes(bytes: Uint8Array, start = 0): number {
  let h = bytes.length - start
  let i = start
  for (; i + 4 <= bytes.length; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    h = Math.imul(((h << 13) | (h >>> 19)) ^ word, 0x9e3779b1)
    // A product carries upwards only; this brings the high bits back down.
    h ^= h >>> 15
  }
  for (; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  return mix32(h)
}

/**
 * What happened, in one number: folds (time, node, kind of input, digest of its payload) of every input into 32 bits.
 * Two runs that agree on it after millions of inputs did the same things at the same virtual moments.
 */
export class Trace {
  #hash = 0x811c9dc5

  add(atUs: number, node: number, kind: number, digest: number): void {
    let h = this.#hash
    h = Math.imul(h ^ (atUs >>> 0), 0x01000193)
    h = Math.imul(((h << 15) | (h >>> 17)) ^ node ^ (kind << 24), 0xcc9e2d51)
    h = Math.imul(((h << 13) | (h >>> 19)) ^ digest, 0x1b873593)
    this.#hash = h ^ (h >>> 15)
  }

  /** Eight hexadecimal digits. */
  get hash(): string {
    return mix32(this.#hash).toString(16).padStart(8, '0')
  }
}

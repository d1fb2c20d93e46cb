import type { Random } from '../../src/ports.ts'

/** Murmur3's finalizer: every input bit moves every output bit. In and out: unsigned 32 bits. */
export function mix32(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** FNV-1a over the UTF-16 units of a text, then mixed. Two offsets give two independent halves. */
function hashText(text: string, offset: number): number {
  let h = offset
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix32(h)
}

/**
 * xoshiro128** (Blackman and Vigna, 2018), its state filled by splitmix from a seed and a name.
 *
 * A fork is drawn from the *name*, not from the state: `fork('disk/2')` is the same stream whatever was drawn
 * before it, and `fork('disk').fork('2')` is that stream too. So a draw added in one place moves nothing
 * anywhere else, which keeps old seeds telling the same story and lets a schedule be shrunk.
 */
class Xoshiro implements Random {
  readonly #seed: number
  readonly #name: string
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number, name: string) {
    this.#seed = seed
    this.#name = name
    let low = hashText(name, 0x811c9dc5 ^ mix32(seed >>> 0))
    let high = hashText(name, mix32(Math.floor(seed / 2 ** 32) ^ 0x9e3779b9) ^ low)
    const fromLow = () => {
      low = (low + 0x9e3779b9) >>> 0
      return mix32(low)
    }
    const fromHigh = () => {
      high = (high + 0x9e3779b9) >>> 0
      return mix32(high)
    }
    this.#a = fromLow()
    this.#b = fromHigh()
    this.#c = fromLow()
    // The all-zero state is the one that xoshiro never leaves.
    this.#d = fromHigh() | 1
  }

  u32(): number {
    const times5 = Math.imul(this.#b, 5)
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0
    const t = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= t
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result
  }

  int(n: number): number {
    return Math.floor((this.u32() / 2 ** 32) * n)
  }

  float(): number {
    return this.u32() / 2 ** 32
  }

  fork(name: string): Random {
    return new Xoshiro(this.#seed, this.#name === '' ? name : `${this.#name}/${name}`)
  }
}

/** The root stream of a run; `seed` is any safe integer. Use its forks, by name, for everything. */
export function createRandom(seed: number): Random {
  return new Xoshiro(seed, '')
}

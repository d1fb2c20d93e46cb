import { MalformedError } from './errors.ts'

/** RFC 8949 major types that the log uses; tags (6) never. */
export const MAJOR = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const

const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6
const FLOAT64 = 0xfb
const U32_SPAN = 2 ** 32

/**
 * Walks CBOR without building values, and refuses whatever is not in its one canonical form: shortest heads,
 * definite lengths, map keys that are texts in length-first order and unique, integers within 2^53,
 * floats as 64 bits and never of integer value, no NaN or infinity, no tags, no undefined. (This is the strict
 * form of DAG-CBOR without links, which `cborg` writes; a reader that only hashes needs no more than this.)
 */
export class CborCursor {
  readonly #bytes: Uint8Array
  readonly #what: string
  at: number

  constructor(bytes: Uint8Array, what: string, at = 0) {
    this.#bytes = bytes
    this.#what = what
    this.at = at
  }

  get done(): boolean {
    return this.at === this.#bytes.byteLength
  }

  fail(detail: string): never {
    throw new MalformedError(this.#what, detail, this.at)
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? this.fail('ends too early')
  }

  /** Reads a head that must be of this major type: its argument, a safe integer. */
  head(major: number): number {
    const initial = this.#byte(this.at)
    if (initial >> 5 !== major) this.fail(`major type ${initial >> 5}, expected ${major}`)
    return this.#argument(initial & 31)
  }

  #argument(info: number): number {
    if (info < 24) {
      this.at += 1
      return info
    }
    if (info > 27) this.fail('indefinite or reserved length')
    const width = 1 << (info - 24)
    let value = 0
    for (let i = 1; i <= width; i++) value = value * 256 + this.#byte(this.at + i)
    const least = width === 1 ? 24 : width === 2 ? 256 : width === 4 ? 65_536 : U32_SPAN
    if (value < least) this.fail('number not in its shortest form')
    if (value > Number.MAX_SAFE_INTEGER) this.fail('number beyond 2^53')
    this.at += 1 + width
    return value
  }

  /** Steps over a byte string or text: the offset it begins at; `at` is its end. */
  passString(major: number): number {
    const length = this.head(major)
    const start = this.at
    if (start + length > this.#bytes.byteLength) this.fail('string runs past the end')
    this.at = start + length
    return start
  }

  /** Reads a byte string or text: a view of its bytes. */
  string(major: number): Uint8Array {
    const start = this.passString(major)
    return this.#bytes.subarray(start, this.at)
  }

  /** Reads an integer if the next value is one, else steps over it and gives null. */
  integerOrSkip(depth: number): number | null {
    const major = this.#byte(this.at) >> 5
    if (major === MAJOR.uint) return this.head(major)
    if (major === MAJOR.negative) return -1 - this.head(major)
    this.pass(depth)
    return null
  }

  /** Steps over one value, whatever it is, checking its form; `depth` levels of nesting are allowed. */
  pass(depth: number): void {
    const initial = this.#byte(this.at)
    const major = initial >> 5
    if (major === MAJOR.uint) this.head(major)
    else if (major === MAJOR.negative) this.#skipNegative()
    else if (major === MAJOR.bytes || major === MAJOR.text) this.passString(major)
    else if (major === MAJOR.array) this.#skipArray(depth)
    else if (major === MAJOR.map) this.#skipMap(depth)
    else if (initial === FALSE || initial === TRUE || initial === NULL) this.at += 1
    else if (initial === FLOAT64) this.#skipFloat()
    else this.fail(`byte ${initial} is not allowed here`)
  }

  #skipNegative(): void {
    if (this.head(MAJOR.negative) === Number.MAX_SAFE_INTEGER) this.fail('number beyond -2^53')
  }

  #skipArray(depth: number): void {
    if (depth === 0) this.fail('nested too deep')
    for (let left = this.head(MAJOR.array); left > 0; left--) this.pass(depth - 1)
  }

  #skipMap(depth: number): void {
    if (depth === 0) this.fail('nested too deep')
    let lastStart = 0
    let lastEnd = -1
    for (let left = this.head(MAJOR.map); left > 0; left--) {
      const start = this.passString(MAJOR.text)
      if (lastEnd >= 0 && !this.#inOrder(lastStart, lastEnd, start))
        this.fail('map keys out of order or twice')
      lastStart = start
      lastEnd = this.at
      this.pass(depth - 1)
    }
  }

  /** Whether the key from `start` to here comes after the other: a longer one does, else the greater one. */
  #inOrder(lastStart: number, lastEnd: number, start: number): boolean {
    const longer = this.at - start - (lastEnd - lastStart)
    if (longer !== 0) return longer > 0
    for (let i = start, j = lastStart; i < this.at; i++, j++) {
      const difference = this.#byte(i) - this.#byte(j)
      if (difference !== 0) return difference > 0
    }
    return false
  }

  #skipFloat(): void {
    if (this.at + 9 > this.#bytes.byteLength) this.fail('ends too early')
    const value = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.at + 1, 8).getFloat64(0)
    if (!Number.isFinite(value)) this.fail('NaN or infinity')
    if (Number.isSafeInteger(value)) this.fail('an integer written as a float')
    this.at += 9
  }
}

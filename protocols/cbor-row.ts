import { decode, encode } from 'cborg'
import { equalBytes } from '../src/bytes.ts'
import { FrameError } from './frame-error.ts'

/** A CBOR array read field by field, each checked for what it must be. Throws FrameError that names the field. */
export class CborRow {
  readonly #what: string
  readonly #values: readonly unknown[]

  private constructor(what: string, values: readonly unknown[]) {
    this.#what = what
    this.#values = values
  }

  /** Decodes an array. `what` names it in errors: `a certificate`. Fields past those read are passed over. */
  static decode(bytes: Uint8Array, what: string): CborRow {
    let value: unknown
    try {
      value = decode(bytes, { strict: true, allowIndefinite: false, allowUndefined: false })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new FrameError('malformed', `${what} is no CBOR: ${reason}`, 0)
    }
    if (!Array.isArray(value)) throw new FrameError('malformed', `${what} is an array`, 0)
    return new CborRow(what, value)
  }

  /** The same for what is signed: only the one canonical form, so that nothing signed has two spellings. */
  static decodeCanonical(bytes: Uint8Array, what: string): CborRow {
    const row = CborRow.decode(bytes, what)
    if (!isCanonical(row.#values, bytes))
      throw new FrameError('malformed', `${what} is not in canonical form`, 0)
    return row
  }

  get length(): number {
    return this.#values.length
  }

  whole(at: number, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#values[at]
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value
    return this.fail(at, 'no whole number in its range')
  }

  text(at: number, max: number): string {
    const value = this.#values[at]
    if (typeof value === 'string' && value.length <= max) return value
    return this.fail(at, `no text of at most ${max} characters`)
  }

  truth(at: number): boolean {
    const value = this.#values[at]
    if (typeof value === 'boolean') return value
    return this.fail(at, 'neither true nor false')
  }

  /** Exactly `length` bytes; a copy of its own, so that it doesn't hold on to the frame it came in. */
  bytes(at: number, length: number): Uint8Array {
    const value = this.blob(at, length)
    return value.byteLength === length ? value : this.fail(at, `not ${length} bytes`)
  }

  blob(at: number, max: number): Uint8Array {
    const value = this.#values[at]
    if (value instanceof Uint8Array && value.byteLength <= max) return Uint8Array.from(value)
    return this.fail(at, `no byte string of at most ${max}`)
  }

  isNull(at: number): boolean {
    return this.#values[at] === null
  }

  /** A list; `read` takes the item at a place of it. */
  list<T>(at: number, max: number, read: (row: CborRow, at: number) => T): readonly T[] {
    const value = this.#values[at]
    if (!Array.isArray(value) || value.length > max) return this.fail(at, `no list of at most ${max}`)
    const items = new CborRow(`field ${at} of ${this.#what}`, value)
    return value.map((_, i) => read(items, i))
  }

  /** A field that is an array itself. */
  row(at: number): CborRow {
    const value = this.#values[at]
    return Array.isArray(value)
      ? new CborRow(`field ${at} of ${this.#what}`, value)
      : this.fail(at, 'no array')
  }

  fail(at: number, why: string): never {
    throw new FrameError('malformed', `field ${at} of ${this.#what} is ${why}`, at)
  }
}

function isCanonical(values: readonly unknown[], bytes: Uint8Array): boolean {
  try {
    return equalBytes(encode(values), bytes)
  } catch {
    // Nested deeper than the stack is.
    return false
  }
}

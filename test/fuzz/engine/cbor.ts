import { decode, encode } from 'cborg'
import type { Random } from '../../../src/ports.ts'
import { choose, joined, type Mutate, mutateBytes } from './bytes.ts'

/** A byte string that holds CBOR itself, as all signed records do: taken apart, so that what is inside is reached too. */
class Embedded {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

type Fields = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

const mapped = (map: Fields, each: (value: unknown) => unknown): Fields =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, each(value)]))

const DEPTH_MAX = 8

function open(value: unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX) return value
  if (Array.isArray(value)) return value.map(item => open(item, depth + 1))
  if (isMap(value)) return mapped(value, item => open(item, depth + 1))
  if (!(value instanceof Uint8Array) || value.byteLength < 2) return value
  try {
    const inner: unknown = decode(value)
    return Array.isArray(inner) ? new Embedded(open(inner, depth + 1)) : value
  } catch {
    return value
  }
}

function close(value: unknown): unknown {
  if (value instanceof Embedded) return encode(close(value.value))
  if (isMap(value)) return mapped(value, close)
  return Array.isArray(value) ? value.map(close) : value
}

const nested = (depth: number): unknown => {
  let value: unknown = 0
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

/** What no field is meant to be, and what each is at its limits. */
const STRANGE: readonly [() => unknown, ...(() => unknown)[]] = [
  () => 0,
  () => -1,
  () => 1,
  () => 255,
  () => 2 ** 32,
  () => Number.MAX_SAFE_INTEGER,
  () => 2n ** 64n - 1n,
  () => -(2n ** 63n),
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -0.5,
  () => null,
  () => undefined,
  () => true,
  () => '',
  () => '__proto__',
  () => '\0\u202e\ud800',
  () => 'x'.repeat(300),
  () => new Uint8Array(),
  () => new Uint8Array(32),
  () => new Uint8Array(64).fill(0xff),
  () => new Uint8Array(9_000),
  () => [],
  () => Array.from({ length: 600 }, () => 0),
  () => ({ __proto__: null, constructor: 1, a: [] }),
  () => nested(300),
]

/** A changed copy of a value: one place in it, found by walking down at random. */
function changed(value: unknown, random: Random): unknown {
  if (value instanceof Embedded) return new Embedded(changed(value.value, random))
  if (Array.isArray(value) && value.length > 0 && random.int(4) > 0) {
    const at = random.int(value.length)
    return value.map((item: unknown, i) => (i === at ? changed(item, random) : item))
  }
  if (Array.isArray(value)) return rearranged(value, random)
  if (isMap(value)) return withAnotherField(value, random)
  if (random.int(2) === 0) return choose(random, STRANGE)()
  if (value instanceof Uint8Array) return mutateBytes(value, random, [value])
  if (typeof value === 'number') return value + choose(random, [-1, 1, 1_000, -1_000_000, 2 ** 31])
  if (typeof value === 'string') return choose(random, [`${value} `, value.slice(1), value.toUpperCase()])
  return choose(random, STRANGE)()
}

function withAnotherField(map: Fields, random: Random): Fields {
  const entries = Object.entries(map)
  const at = random.int(entries.length)
  const [key = 'x', value] = entries[at] ?? []
  switch (random.int(6)) {
    case 0:
      return Object.fromEntries(entries.toSpliced(at, 1))
    case 1:
      return { ...map, [choose(random, ['x', '__proto__', 'toString', ''])]: choose(random, STRANGE)() }
    case 2:
      return { ...map, [key]: entries[random.int(entries.length)]?.[1] }
    default:
      return { ...map, [key]: changed(value, random) }
  }
}

function rearranged(list: readonly unknown[], random: Random): unknown {
  const at = random.int(list.length + 1)
  const other = random.int(list.length + 1)
  switch (random.int(6)) {
    case 0:
      return list.toSpliced(at, 1)
    case 1:
      return list.toSpliced(at, 0, list[other])
    case 2:
      return list.toSpliced(at, 1, choose(random, STRANGE)())
    case 3:
      return list.toSpliced(at, 0, choose(random, STRANGE)())
    case 4:
      return list.map((item, i) => (i === at ? list[other] : i === other ? list[at] : item))
    default:
      return [list]
  }
}

/** Changes a field and writes the whole anew, so that every length around it still fits. */
export const mutateCbor: Mutate = (input, random) => {
  try {
    return Uint8Array.from(encode(close(changed(open(decode(input)), random))))
  } catch {
    // No CBOR any more after earlier changes.
    return mutateBytes(input, random, [input])
  }
}

/** Heads that claim more than there is, forms nobody writes, arrays without end, tags, and depth. */
const HEADS: readonly [readonly number[], ...(readonly number[])[]] = [
  [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x9a, 0x7f, 0xff, 0xff, 0xff],
  [0x5b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x7a, 0xff, 0xff, 0xff, 0xff],
  [0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
  [0x9f],
  [0x5f],
  [0xff],
  [0xc0],
  [0xd9, 0xd9, 0xf7],
  [0x18, 0],
  [0x98, 2],
  [0xf7],
  [0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
]

/** Puts a lying head before some byte, or wraps all of it in arrays. */
export const mutateHeads: Mutate = (input, random) => {
  if (random.int(8) === 0) return joined(new Uint8Array(1 + random.int(9_000)).fill(0x81), input)
  const at = random.int(Math.min(input.byteLength, 64) + 1)
  const head = Uint8Array.from(choose(random, HEADS))
  return joined(input.subarray(0, at), head, input.subarray(at + random.int(2)))
}

import type { Random } from '../../../src/ports.ts'

/** Changes an input somehow; `corpus` is what it may borrow from. */
export type Mutate = (input: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array

/** Mutants longer than this teach nothing new and cost time. */
const LENGTH_MAX = 256 * 1024

export const choose = <T>(random: Random, list: readonly [T, ...T[]]): T =>
  list[random.int(list.length)] ?? list[0]

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}

/** The input with `with_` in place of what is between two offsets. */
const replaced = (input: Uint8Array, from: number, to: number, with_: Uint8Array): Uint8Array =>
  joined(input.subarray(0, from), with_, input.subarray(to))

const noise = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.int(256))

/** A stretch of the input, mostly short. */
function stretch(input: Uint8Array, random: Random): readonly [from: number, to: number] {
  const from = random.int(input.byteLength + 1)
  const most = random.int(4) === 0 ? input.byteLength - from : Math.min(16, input.byteLength - from)
  return [from, from + random.int(most + 1)]
}

const EDGES = [0, 1, 0x0a, 0x7f, 0x80, 0xfe, 0xff] as const

const setByte: Mutate = (input, random) => {
  const bytes = Uint8Array.from(input)
  if (bytes.byteLength > 0)
    bytes[random.int(bytes.byteLength)] = random.int(2) === 0 ? random.int(256) : choose(random, EDGES)
  return bytes
}

const flipBit: Mutate = (input, random) => {
  const bytes = Uint8Array.from(input)
  const at = random.int(bytes.byteLength)
  if (bytes.byteLength > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8))
  return bytes
}

const cut: Mutate = (input, random) => input.slice(0, random.int(input.byteLength + 1))

const behead: Mutate = (input, random) => input.slice(random.int(input.byteLength + 1))

const remove: Mutate = (input, random) => replaced(input, ...stretch(input, random), new Uint8Array())

const insert: Mutate = (input, random) => {
  const at = random.int(input.byteLength + 1)
  return replaced(input, at, at, noise(random, 1 + random.int(16)))
}

const append: Mutate = (input, random) =>
  joined(input, random.int(2) === 0 ? noise(random, 1 + random.int(32)) : new Uint8Array(1 + random.int(64)))

const repeat: Mutate = (input, random) => {
  const [from, to] = stretch(input, random)
  const times = random.int(8) === 0 ? 200 : 1 + random.int(3)
  const part = input.subarray(from, to)
  return replaced(input, to, to, joined(...Array.from({ length: times }, () => part)))
}

const swap: Mutate = (input, random) => {
  const cuts = Array.from({ length: 4 }, () => random.int(input.byteLength + 1)).sort((a, b) => a - b)
  const [a = 0, b = 0, c = 0, d = 0] = cuts
  return joined(
    input.subarray(0, a),
    input.subarray(c, d),
    input.subarray(b, c),
    input.subarray(a, b),
    input.subarray(d),
  )
}

/** The beginning of one real input and the end of another. */
const splice: Mutate = (input, random, corpus) => {
  const other = corpus[random.int(corpus.length)] ?? input
  const head = input.subarray(0, random.int(input.byteLength + 1))
  return joined(head, other.subarray(random.int(other.byteLength + 1)))
}

const graft: Mutate = (input, random, corpus) => {
  const other = corpus[random.int(corpus.length)] ?? input
  return replaced(input, ...stretch(input, random), other.subarray(...stretch(other, random)))
}

/** 0, 1, the largest and smallest signed, all ones, 2^53: what counts and lengths are when they lie. */
const NUMBERS = [0n, 1n, 0x7fn, 0x80n, 0x7fffn, 0x8000n, 0x7fff_ffffn, 0x8000_0000n, 2n ** 53n, -1n] as const

const setNumber: Mutate = (input, random) => {
  const width = choose(random, [1, 2, 4, 8])
  if (input.byteLength < width) return input
  const number = new DataView(new ArrayBuffer(8))
  const isLittle = random.int(2) === 0
  number.setBigInt64(0, choose(random, NUMBERS), isLittle)
  const bytes = Uint8Array.from(input)
  const part = new Uint8Array(number.buffer, isLittle ? 0 : 8 - width, width)
  bytes.set(part, random.int(input.byteLength - width + 1))
  return bytes
}

/** A length of a variable-length number, as protobuf and length-prefixed frames have it, that is beyond all bounds. */
const setVarint: Mutate = (input, random) => {
  const at = random.int(input.byteLength + 1)
  const varint = new Uint8Array(1 + random.int(11)).fill(choose(random, [0x80, 0xff]))
  varint[varint.length - 1] = choose(random, [0, 1, 0x7f, 0xff])
  return replaced(input, at, Math.min(at + 1, input.byteLength), varint)
}

const STEPS: readonly [Mutate, ...Mutate[]] = [
  setByte,
  flipBit,
  flipBit,
  cut,
  behead,
  remove,
  insert,
  append,
  repeat,
  swap,
  splice,
  graft,
  setNumber,
  setVarint,
]

/** Changes bytes without knowing what they mean. */
export const mutateBytes: Mutate = (input, random, corpus) =>
  choose(random, STEPS)(input, random, corpus).slice(0, LENGTH_MAX)

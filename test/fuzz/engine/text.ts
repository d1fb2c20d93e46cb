import type { Random } from '../../../src/ports.ts'
import { choose, type Mutate } from './bytes.ts'

/** Words that parsers of JSON, YAML, XML, HTTP, CSV and of our own treat in their own ways. */
const WORDS = [
  '',
  '0',
  '-0',
  '-1',
  '1e308',
  '1e309',
  '1e-400',
  '0x10',
  'NaN',
  'Infinity',
  '9007199254740993',
  '99999999999999999999999999',
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '"',
  '__proto__',
  'constructor',
  'toString',
  '"__proto__":{"a":1}',
  '&a ',
  '*a',
  '*b',
  '<<: *a',
  '!!binary ',
  '!!set ',
  '? ',
  '---\n',
  '%YAML 9.9\n',
  '|\n',
  '\t',
  '\r',
  '\n',
  '\n\n',
  '\r\n\r\n',
  '\0',
  '\ufeff',
  '\u202e',
  '\u2028',
  ':',
  ',',
  ';',
  '%00',
  '%',
  '%ff',
  '../',
  '#',
  '<![CDATA[',
  '&amp;',
  '&x;',
  '<!DOCTYPE a [<!ENTITY x "xx">]>',
  '<!--',
  '</',
  '2026-02-30T99:00:00Z',
] as const

/** What nests, and what ends it. */
const NESTS: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
  ['[', ']'],
  ['{"a":', '}'],
  ['{"$a":', '}'],
  ['{a: ', '}'],
  ['<a>', '</a>'],
  ['<Folder>', '</Folder>'],
  ['- ', ''],
  ['(', ')'],
  ['"', ''],
]

/** The deepest overflow the stack of whoever follows them by calling itself; parsers take long to get there. */
const DEPTHS = [20, 20, 20, 20, 200, 200, 200, 1_500, 9_000] as const

const utf8 = new TextEncoder()
/** One character a byte, so that what is no UTF-8 stays as it is. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** Words, numbers and all that stands between them. */
const tokensOf = (text: string): readonly string[] =>
  text.match(/[A-Za-z_]+|-?[\d.]+|\s+|[^\sA-Za-z_\d]/g) ?? []

function tokens(input: Uint8Array, random: Random): Uint8Array {
  const list = tokensOf(textOf(input))
  const at = random.int(list.length + 1)
  const word = textOf(utf8.encode(choose(random, WORDS)))
  switch (random.int(5)) {
    case 0:
      return bytesOf(list.toSpliced(at, 1).join(''))
    case 1:
      return bytesOf(list.toSpliced(at, 0, word).join(''))
    case 2:
      return bytesOf(list.toSpliced(at, 1, list[random.int(list.length)] ?? '').join(''))
    case 3:
      return bytesOf(list.toSpliced(at, 0, (list[at] ?? 'x').repeat(2 + random.int(400))).join(''))
    default:
      return bytesOf(list.toSpliced(at, 1, word).join(''))
  }
}

function numbers(input: Uint8Array, random: Random): Uint8Array {
  const text = textOf(input)
  const found = [...text.matchAll(/-?\d+(\.\d+)?/g)]
  const one = found[random.int(found.length)]
  if (one === undefined) return tokens(input, random)
  const word = choose(random, [
    '0',
    '-0',
    '-1',
    '1e308',
    '-1e999',
    '4294967296',
    '9007199254740993',
    '0.1',
    '1e-7',
  ])
  return bytesOf(text.slice(0, one.index) + word + text.slice(one.index + one[0].length))
}

function lines(input: Uint8Array, random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const list = textOf(input).split('\n')
  const others = textOf(corpus[random.int(corpus.length)] ?? input).split('\n')
  const at = random.int(list.length + 1)
  const line = random.int(2) === 0 ? list[random.int(list.length)] : others[random.int(others.length)]
  return bytesOf(list.toSpliced(at, random.int(2), ...(random.int(3) === 0 ? [] : [line ?? ''])).join('\n'))
}

/** Puts some piece of the text deep down, mostly well-formed; the end is left out now and then. */
function deep(input: Uint8Array, random: Random): Uint8Array {
  const text = textOf(input)
  const piece = random.int(2) === 0 ? /"(?:data|velocityMps|name)":\{?/.exec(text) : null
  const at = piece === null ? random.int(text.length + 1) : piece.index + piece[0].length
  const [opens, closes] = choose(random, NESTS)
  const depth = choose(random, DEPTHS)
  const end = random.int(4) === 0 ? '' : closes.repeat(depth)
  const body =
    piece?.[0].endsWith('{') === true ? `"x":${opens.repeat(depth)}0${end},` : `${opens.repeat(depth)}0${end}`
  return bytesOf(text.slice(0, at) + body + text.slice(at))
}

/** Changes a text word by word and line by line. */
export const mutateText: Mutate = (input, random, corpus) => {
  // Deep ones take long to parse.
  if (random.int(50) === 0) return deep(input, random)
  const kind = random.int(16)
  if (kind < 8) return tokens(input, random)
  return kind < 12 ? numbers(input, random) : lines(input, random, corpus)
}

import { encode } from 'cborg'
import { equalBytes } from '../bytes.ts'
import type { Hlc } from '../time/hlc.ts'
import { CborCursor, MAJOR } from './cbor-cursor.ts'
import { decodeCanonical } from './decode-canonical.ts'
import { EventRefusedError, MalformedError, UnsupportedVersionError } from './errors.ts'
import type { EventData, LogEvent } from './event.ts'
import { PlainEncoder } from './plain-encoder.ts'

/** Version of the event's form. Readers of every earlier one stay; a later one is refused. */
export const EVENT_VERSION = 1
const EVENT_VERSIONS = [1]

/** Limits of one event, the same for writing and reading. */
export const EVENT_LIMITS = {
  bytes: 65_536,
  depth: 16,
  typeChars: 64,
  subjectChars: 256,
  authorChars: 128,
  traceparentChars: 64,
} as const

const WHAT = 'event'
const HASH_BYTES = 32
const FIELDS = 10
const TYPE_FORM = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/
const CBOR_FORM = { float64: true }
const plain = new PlainEncoder(EVENT_LIMITS.bytes)

/** What the chain needs of an event; byte fields are views into the event's bytes. */
export interface Envelope {
  readonly author: Uint8Array
  readonly boot: number
  readonly seq: number
  readonly prevHash: Uint8Array
  readonly hlc: Hlc
  readonly type: Uint8Array
  /** Offset of `subject`, and of `data`, in the event's bytes. */
  readonly subjectAt: number
  readonly dataAt: number
}

/** Plain data -> canonical CBOR. Throws whatever `cborg` throws for what CBOR cannot carry. */
export function encodeCanonical(value: unknown): Uint8Array {
  return plain.encode(value) ?? encode(value, CBOR_FORM)
}

/**
 * The canonical bytes of an event: the CBOR array
 * `[v, author, boot, seq, prevHash, hlc, type, subject, data, traceparent | null]`.
 * @throws EventRefusedError for what could not be read back: too big, too deep, NaN, undefined, a malformed type.
 */
export function encodeEvent(event: LogEvent): Uint8Array {
  const { v, author, boot, seq, prevHash, hlc, type, subject, data, traceparent } = event
  try {
    const fields = [v, author, boot, seq, prevHash, hlc, type, subject, data, traceparent ?? null]
    const bytes = encodeCanonical(fields)
    if (!TYPE_FORM.test(type)) throw new MalformedError(WHAT, 'type is not dotted lower case')
    readEnvelope(bytes)
    return bytes
  } catch (error) {
    throw new EventRefusedError(String(type), error instanceof Error ? error.message : String(error))
  }
}

/**
 * Reads what the chain needs, and checks the form of all the rest without building it.
 * @throws MalformedError, UnsupportedVersionError
 */
export function readEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.byteLength > EVENT_LIMITS.bytes) {
    throw new MalformedError(WHAT, `${bytes.byteLength} bytes, at most ${EVENT_LIMITS.bytes} are allowed`)
  }
  const cursor = new CborCursor(bytes, WHAT)
  const fields = cursor.head(MAJOR.array)
  const version = cursor.head(MAJOR.uint)
  if (!EVENT_VERSIONS.includes(version)) throw new UnsupportedVersionError(WHAT, version, EVENT_VERSIONS)
  if (fields !== FIELDS) cursor.fail(`${fields} fields, expected ${FIELDS}`)
  const author = text(cursor, EVENT_LIMITS.authorChars, 'author')
  const boot = cursor.head(MAJOR.uint)
  const seq = cursor.head(MAJOR.uint)
  const prevHash = cursor.string(MAJOR.bytes)
  if (prevHash.byteLength !== HASH_BYTES) cursor.fail(`prevHash has ${prevHash.byteLength} bytes`)
  const hlc = cursor.head(MAJOR.uint)
  const type = text(cursor, EVENT_LIMITS.typeChars, 'type')
  const subjectAt = cursor.at
  passText(cursor, 4 * EVENT_LIMITS.subjectChars, 'subject')
  const dataAt = cursor.at
  if ((bytes[cursor.at] ?? 0) >> 5 !== MAJOR.map) cursor.fail('data is no map')
  cursor.pass(EVENT_LIMITS.depth)
  if (bytes[cursor.at] === 0xf6) cursor.pass(0)
  else passText(cursor, EVENT_LIMITS.traceparentChars, 'traceparent')
  if (!cursor.done) cursor.fail('bytes after the end')
  return { author, boot, seq, prevHash, hlc, type, subjectAt, dataAt }
}

function passText(cursor: CborCursor, bytesMax: number, name: string): void {
  const start = cursor.passString(MAJOR.text)
  if (cursor.at - start > bytesMax) cursor.fail(`${name} longer than ${bytesMax} bytes`)
}

function text(cursor: CborCursor, bytesMax: number, name: string): Uint8Array {
  const value = cursor.string(MAJOR.text)
  if (value.byteLength > bytesMax) cursor.fail(`${name} longer than ${bytesMax} bytes`)
  return value
}

/**
 * Strictly: bytes that `encodeEvent` would not have written for the event they say are refused.
 * @throws MalformedError, UnsupportedVersionError
 */
export function decodeEvent(bytes: Uint8Array): LogEvent {
  readEnvelope(bytes)
  const fields = decodeCanonical(bytes)
  const [v, author, boot, seq, prevHash, hlc, type, subject, data, traceparent] = fields as [
    ...[number, string, number, number, Uint8Array, number, string, string, EventData, string | null],
  ]
  if (!TYPE_FORM.test(type)) throw new MalformedError(WHAT, 'type is not dotted lower case')
  // What the walk cannot see (texts that are no UTF-8, keys a JavaScript object cannot hold) shows here.
  if (!equalBytes(encodeCanonical(fields), bytes)) throw new MalformedError(WHAT, 'not in canonical form')
  const event = { v, author, boot, seq, prevHash: Uint8Array.from(prevHash), hlc, type, subject, data }
  return traceparent === null ? event : { ...event, traceparent }
}

/** Only the `data` of bytes that `readEnvelope` has accepted before. */
export function decodeData(bytes: Uint8Array): EventData {
  const fields = decodeCanonical(bytes) as readonly unknown[]
  return fields[8] as EventData
}

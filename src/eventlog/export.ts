import { fromString } from 'uint8arrays/from-string'
import { toString as textOf } from 'uint8arrays/to-string'
import { decodeBatch, type SignedBatch } from './batch.ts'
import { EVENT_LIMITS, encodeEvent } from './encode.ts'
import { EventRefusedError, MalformedError } from './errors.ts'
import type { EventData, EventValue, HashedEvent, LogEvent } from './event.ts'
import { encodeBlob } from './signed-blob.ts'

/**
 * The exported log: one JSON object a line, each batch after its events. Hashes are hex, other bytes base64; bytes
 * inside `data` are `{"$bytes": base64}`, and keys of `data` that begin with `$` get one more.
 */
export interface EventLine {
  readonly kind: 'event'
  readonly v: number
  readonly author: string
  readonly boot: number
  readonly seq: number
  readonly prevHash: string
  readonly hlc: number
  readonly type: string
  readonly subject: string
  readonly data: unknown
  readonly traceparent?: string
  readonly hash: string
}

export interface BatchLine {
  readonly kind: 'batch'
  readonly first: number
  readonly last: number
  /** What was signed (after the domain `skein/log-batch/1\n`), and the signature. */
  readonly body: string
  readonly signature: string
}

export type LogItem =
  | { readonly kind: 'event'; readonly hashed: HashedEvent; readonly bytes: Uint8Array }
  | { readonly kind: 'batch'; readonly signed: SignedBatch }

const WHAT = 'log line'
const BYTES_KEY = '$bytes'

export function eventLine({ event, hash }: HashedEvent): EventLine {
  const { prevHash, data, ...rest } = event
  return {
    kind: 'event',
    ...rest,
    prevHash: textOf(prevHash, 'hex'),
    data: toJson(data),
    hash: textOf(hash, 'hex'),
  }
}

export function batchLine({ batch, body, signature }: SignedBatch): BatchLine {
  const { first, last } = batch
  return {
    kind: 'batch',
    first,
    last,
    body: textOf(body, 'base64pad'),
    signature: textOf(signature, 'base64pad'),
  }
}

/** Reads one line, text or parsed. Hashes are only read, not checked. @throws MalformedError, UnsupportedVersionError */
export function parseLogLine(line: unknown): LogItem {
  const value = typeof line === 'string' ? parseJson(line) : line
  if (!isRecord(value)) throw new MalformedError(WHAT, 'is no JSON object')
  if (value.kind === 'event') return parseEvent(value)
  if (value.kind === 'batch') return parseBatch(value)
  throw new MalformedError(WHAT, 'kind is neither "event" nor "batch"')
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new MalformedError(WHAT, 'is no JSON')
  }
}

function parseEvent(line: Record<string, unknown>): LogItem {
  const { kind: _, hash, prevHash, data, ...rest } = line
  // `encodeEvent` refuses whatever is not an event, so nothing is believed of the shape before it.
  const event = { ...rest, prevHash: bytesOf(prevHash, 'hex'), data: fromJson(data) } as LogEvent
  try {
    return { kind: 'event', hashed: { event, hash: bytesOf(hash, 'hex') }, bytes: encodeEvent(event) }
  } catch (error) {
    if (error instanceof EventRefusedError) throw new MalformedError(WHAT, error.message)
    throw error
  }
}

function parseBatch(line: Record<string, unknown>): LogItem {
  const body = bytesOf(line.body, 'base64pad')
  const signature = bytesOf(line.signature, 'base64pad')
  const signed = decodeBatch(encodeBlob({ body, signature }))
  if (signed.batch.first !== line.first || signed.batch.last !== line.last) {
    throw new MalformedError(WHAT, 'first and last are not those that are signed')
  }
  return { kind: 'batch', signed }
}

function bytesOf(value: unknown, encoding: 'hex' | 'base64pad'): Uint8Array {
  if (typeof value !== 'string') throw new MalformedError(WHAT, `expected ${encoding} text`)
  try {
    return fromString(value, encoding)
  } catch {
    throw new MalformedError(WHAT, `is no ${encoding}: ${value.slice(0, 80)}`)
  }
}

function toJson(value: EventValue): unknown {
  if (value instanceof Uint8Array) return { [BYTES_KEY]: textOf(value, 'base64pad') }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return mapKeys(value as EventData, key => (key.startsWith('$') ? `$${key}` : key), toJson)
}

/** No deeper than an event may be: a line can be nested deeper than the stack is. */
function fromJson(value: unknown, depth = 0): unknown {
  if (depth > EVENT_LIMITS.depth) throw new MalformedError(WHAT, `data is nested deeper than ${depth - 1}`)
  const inner = (item: unknown) => fromJson(item, depth + 1)
  if (Array.isArray(value)) return value.map(inner)
  if (!isRecord(value)) return value
  if (BYTES_KEY in value) return bytesOf(value[BYTES_KEY], 'base64pad')
  return mapKeys(value, key => (key.startsWith('$') ? key.slice(1) : key), inner)
}

function mapKeys<T>(
  of: Readonly<Record<string, T>>,
  key: (key: string) => string,
  each: (value: T) => unknown,
) {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [key(name), each(value)]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

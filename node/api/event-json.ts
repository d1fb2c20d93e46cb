import type { EventData, EventValue, HashedEvent } from '../../src/eventlog/event.ts'
import { hlcMs } from '../../src/time/hlc.ts'
import type { EventRecord } from './schema/event.ts'

type Json = EventRecord['data'][string]

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A log entry as JSON. Nothing is lost: bytes become `{"$bytes": base64}`, hashes hex. */
export function eventJson({ event, hash }: HashedEvent): EventRecord {
  return {
    v: event.v,
    author: event.author,
    boot: event.boot,
    seq: event.seq,
    prevHash: hex(event.prevHash),
    hlc: event.hlc,
    time: new Date(hlcMs(event.hlc)).toISOString(),
    type: event.type,
    subject: event.subject,
    data: dataJson(event.data),
    ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
    hash: hex(hash),
  }
}

const dataJson = (data: EventData): Record<string, Json> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, valueJson(value)]))

function valueJson(value: EventValue): Json {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  return Array.isArray(value) ? value.map(valueJson) : dataJson(value as EventData)
}

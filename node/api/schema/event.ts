import { z } from 'zod'
import { agentId, count } from './common.ts'
import { apiSchemas } from './registry.ts'

/** Registered, for it is recursive: the document needs a name to refer to. */
const jsonValue = z.json().register(apiSchemas, { id: 'JsonValue' })
const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** An entry of the log as JSON: `GET /log`, the data of `GET /events`. */
export const eventRecord = z
  .object({
    v: count.describe('Version of the event format'),
    author: agentId,
    boot: count,
    seq: z.int().min(1),
    prevHash: hash.describe('SHA-256 of entry seq - 1, hex'),
    hlc: z.int().min(0).describe('Hybrid logical clock: milliseconds × 1024 + counter'),
    time: z.iso.datetime().describe('The milliseconds of hlc, for people'),
    type: z.string().describe('Dotted, past tense: node.started'),
    subject: z.string().describe('What it is about; empty = this node'),
    data: z
      .record(z.string(), jsonValue)
      .describe('Bytes are given as {"$bytes": base64}; a key that begins with $ has one more $ here'),
    traceparent: z.string().optional(),
    hash: hash.describe('SHA-256 of the canonical bytes of this entry, hex'),
  })
  .register(apiSchemas, { id: 'Event' })

export type EventRecord = z.output<typeof eventRecord>

const signedEvent = eventRecord
  .omit({ time: true })
  .extend({ kind: z.literal('event') })
  .register(apiSchemas, { id: 'SignedLogEvent' })

const signature = z
  .object({
    kind: z.literal('batch'),
    first: z.int().min(1).describe('Events first to last are signed by it'),
    last: z.int().min(1),
    body: z
      .base64()
      .describe(
        'What was signed, after the bytes "skein/log-batch/1\n": CBOR with the Merkle root and the head',
      ),
    signature: z.base64().describe('Ed25519, by the key in the id of the author'),
  })
  .register(apiSchemas, { id: 'SignedLogBatch' })

/** A line of the signed log: an event, or the signature of those before it. */
export const signedLogLine = z
  .discriminatedUnion('kind', [signedEvent, signature])
  .register(apiSchemas, { id: 'SignedLogLine' })

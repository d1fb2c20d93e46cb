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
    data: z.record(z.string(), jsonValue).describe('Bytes are given as {"$bytes": base64}'),
    traceparent: z.string().optional(),
    hash: hash.describe('SHA-256 of the canonical bytes of this entry, hex'),
  })
  .register(apiSchemas, { id: 'Event' })

export type EventRecord = z.output<typeof eventRecord>

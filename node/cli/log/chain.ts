import { sha256 } from '../../../protocols/identity/ed25519.ts'
import { MalformedError } from '../../../src/eventlog/errors.ts'
import { parseLogLine } from '../../../src/eventlog/export.ts'
import type { EventRecord } from '../../client/client.ts'

/** What a walk along the events that a running node shows has found. */
export interface ChainVerdict {
  readonly events: number
  readonly first: number | null
  readonly last: number | null
  /** The first thing that is wrong, or null. */
  readonly fault: string | null
}

/** Recomputes every hash and follows the chain. Signatures are not part of what the API shows. */
export async function checkChain(events: AsyncIterable<EventRecord>): Promise<ChainVerdict> {
  let first: number | null = null
  let before: EventRecord | null = null
  let count = 0
  for await (const event of events) {
    const fault = faultOf(event, before)
    if (fault !== null) return { events: count, first, last: before?.seq ?? null, fault }
    first ??= event.seq
    before = event
    count++
  }
  return { events: count, first, last: before?.seq ?? null, fault: null }
}

function faultOf(event: EventRecord, before: EventRecord | null): string | null {
  const { seq, hash, prevHash } = event
  if (before !== null && seq !== before.seq + 1) return `event ${seq} comes after event ${before.seq}`
  if (before !== null && prevHash !== before.hash) return `event ${seq} names another hash than event ${before.seq} has`
  const computed = hashOf(event)
  return computed === hash ? null : `event ${seq} has another hash than it says`
}

/** Hash of the canonical bytes, hex; null for what is no event. */
function hashOf({ time: _, ...event }: EventRecord): string | null {
  try {
    const item = parseLogLine({ kind: 'event', ...event })
    return item.kind === 'event' ? Buffer.from(sha256(item.bytes)).toString('hex') : null
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}

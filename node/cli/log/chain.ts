import { sha256 } from '../../../protocols/identity/ed25519.ts'
import { MalformedError } from '../../../src/eventlog/errors.ts'
import { parseLogLine } from '../../../src/eventlog/export.ts'
import type { EventRecord } from '../../client/client.ts'
import type { Verdict } from './verdict.ts'

/**
 * Recomputes every hash and follows the chain of what a running node shows. Signatures are not part of that:
 * whoever wants them verifies the data directory, or an export.
 */
export async function verifyChain(events: AsyncIterable<EventRecord>): Promise<Verdict> {
  let first: number | null = null
  let before: EventRecord | null = null
  let count = 0
  for await (const event of events) {
    first ??= event.seq
    const found = faultOf(event, before)
    if (found !== null) return verdict(false, first, before, count, [{ ...found, line: count + 1 }])
    before = event
    count++
  }
  return verdict(true, first, before, count, [])
}

function verdict(
  ok: boolean,
  first: number | null,
  last: EventRecord | null,
  events: number,
  faults: Verdict['faults'],
): Verdict {
  const author = last?.author ?? null
  return { ok, author, first, last: last?.seq ?? null, events, batches: null, faults, gaps: [] }
}

function faultOf(event: EventRecord, before: EventRecord | null) {
  const { seq, hash, prevHash } = event
  const at = { first: seq, last: seq }
  if (before !== null && seq !== before.seq + 1) {
    return { ...at, fault: 'hole', detail: `event ${seq} comes after event ${before.seq}` }
  }
  if (before !== null && prevHash !== before.hash) {
    return {
      ...at,
      fault: 'chain',
      detail: `event ${seq} does not follow event ${before.seq}: it names another hash`,
    }
  }
  if (hashOf(event) === hash) return null
  return { ...at, fault: 'checksum', detail: `event ${seq} has another hash than it says` }
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

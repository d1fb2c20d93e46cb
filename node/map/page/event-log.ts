import type { EventRecord, SkeinClient } from '../../client/client.ts'

/** An event of the serving node's log, as the timeline needs it. */
export interface TimedEvent {
  readonly seq: number
  readonly atMs: number
  readonly type: string
  readonly subject: string
  readonly record: EventRecord
}

const KEPT = 5000
/** How much of the log is read before the live events. */
const HISTORY = 400

/** The latest events, oldest first, as far as they are kept here; the oldest go. */
export interface EventLog {
  readonly events: readonly TimedEvent[]
  onChange(listener: () => void): void
}

/** Follows the log of the serving node: a piece of its past, then what happens, resumed after every break. */
export function followLog(client: SkeinClient): EventLog {
  const events: TimedEvent[] = []
  const listeners: (() => void)[] = []
  const add = (record: EventRecord): void => {
    const last = events.at(-1)
    if (last !== undefined && record.seq <= last.seq) {
      // A node that came back with a fresh data directory counts from one again.
      if (record.author === last.record.author && record.boot === last.record.boot) return
      events.length = 0
    }
    events.push(timed(record))
    if (events.length > KEPT) events.splice(0, events.length - KEPT)
    for (const listener of listeners) listener()
  }
  void follow(client, add)
  return { events, onChange: listener => listeners.push(listener) }
}

async function follow(client: SkeinClient, add: (record: EventRecord) => void): Promise<void> {
  for (;;) {
    try {
      const { log } = await client.status()
      const from = Math.max(0, log.durableSeq - HISTORY)
      for await (const record of client.events({ since: from })) add(record)
    } catch {
      // The top bar tells that the node is away; here it is enough to ask again.
    }
    await new Promise(resolve => setTimeout(resolve, 2000))
  }
}

function timed(record: EventRecord): TimedEvent {
  const { seq, type, subject, time } = record
  return { seq, atMs: Date.parse(time), type, subject, record }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { EventRecord, SkeinClient } from '../../../node/client/client.ts'
import type { NodeProcess } from './node-process.ts'
import { type Place, reportAt } from './places.ts'

/**
 * Posts fixes until `signal` says so, or until the node is gone. Crying for help every other time makes an event of
 * every fix, so that the log is written as fast as it is posted to.
 */
export async function flyByHttp(
  client: SkeinClient,
  place: Place,
  { hz, signal }: { readonly hz: number; readonly signal: AbortSignal },
): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    try {
      await client.postPosition(reportAt(place, i % 2 === 0 ? 'Airborne' : 'Emergency'), { signal })
    } catch {
      return
    }
    await sleep(1000 / hz)
  }
}

/** Events that a node has made visible: seq -> hash. What is in here must never be lost. */
export type Acknowledged = Map<number, string>

/** Follows a node's events, from the first one on, and keeps what it was shown. */
export function gatherEvents(node: NodeProcess, into: Acknowledged, signal: AbortSignal): Promise<void> {
  const gather = async () => {
    const events = node.client.events({ since: 0, reconnect: false, signal })
    for await (const { seq, hash } of events) into.set(seq, hash)
  }
  // The stream breaks when the node is killed: that is what is wanted.
  return gather().catch(() => {})
}

/** The events of a node's log by seq, checked for being without a hole. */
export async function logOf(client: SkeinClient): Promise<Map<number, EventRecord>> {
  const events = new Map<number, EventRecord>()
  for await (const event of client.log()) {
    if (event.seq !== events.size + 1)
      throw new Error(`event ${events.size + 1} is missing: ${event.seq} came`)
    events.set(event.seq, event)
  }
  return events
}

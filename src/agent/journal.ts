import type { EventDraft } from '../eventlog/event.ts'
import type { EventLog } from '../eventlog/log.ts'
import type { Now, WriteToken } from '../ports.ts'
import type { Stamper } from '../time/stamper.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import type { AgentCounters } from './counters.ts'
import type { Effect } from './interface.ts'

/** The agent's pen: stages events, asks for one synced write at a time, and tells what became durable. */
export class Journal {
  readonly #log: EventLog
  readonly #clock: SwarmClock
  readonly #stamper: Stamper
  readonly #counters: AgentCounters
  #token: WriteToken = 0

  constructor(log: EventLog, clock: SwarmClock, stamper: Stamper, counters: AgentCounters) {
    this.#log = log
    this.#clock = clock
    this.#stamper = stamper
    this.#counters = counters
  }

  get log(): EventLog {
    return this.#log
  }

  append(draft: EventDraft, now: Now): void {
    this.#counters.eventsAppended++
    this.#log.append(draft, this.#stamper.next(this.#clock.read(now)))
  }

  /** The write of all that is staged, unless one is in flight: then what is staged is the next batch. */
  flush(): readonly Effect[] {
    const write = this.#log.flush(this.#token + 1)
    if (write === null) return []
    this.#token++
    return [{ t: 'write', token: this.#token, ops: write.ops, sync: write.sync }]
  }

  written(token: WriteToken): readonly Effect[] {
    return this.#log.written(token).map(event => ({ t: 'event', event }) as const)
  }

  failed(token: WriteToken, reason: string): void {
    this.#counters.writesFailed++
    this.#log.failed(token, reason)
  }
}

import type { EventDraft } from '../eventlog/event.ts'
import { createEventLog, type EventLog } from '../eventlog/log.ts'
import { createSnapshotter, type Snapshotter } from '../eventlog/snapshot.ts'
import type { Now, Signer, StoreOp, WriteToken } from '../ports.ts'
import type { Stamper } from '../time/stamper.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import type { AgentConfig } from './config.ts'
import type { AgentCounters } from './counters.ts'
import type { Effect, Recovered } from './interface.ts'

export interface JournalParts {
  readonly config: AgentConfig
  readonly signer: Signer
  readonly clock: SwarmClock
  readonly stamper: Stamper
  readonly counters: AgentCounters
}

/** What is refused first when the disk lags, so that there is room for what must not be missed. */
const TELEMETRY = ['flight.', 'peer.']

/** The agent's pen: stages events, asks for one synced write at a time, and tells what became durable. */
export class Journal {
  readonly log: EventLog
  readonly #parts: JournalParts
  readonly #recovered: Recovered
  #snapshotter: Snapshotter | null = null
  #token: WriteToken = 0
  #logToken: WriteToken | null = null
  #snapshotToken: WriteToken | null = null
  #snapshotMs: number | null = null
  #isClosing = false

  constructor(parts: JournalParts, recovered: Recovered) {
    const { config, signer } = parts
    this.#parts = parts
    this.#recovered = recovered
    this.log = createEventLog({
      author: config.agent,
      boot: config.boot,
      signer,
      head: recovered.log,
      limits: { telemetry: TELEMETRY },
    })
  }

  /** Wall clock of the last durable snapshot of this run; null = none yet. */
  get snapshotMs(): number | null {
    return this.#snapshotMs
  }

  /** Stages an event and returns its place in the chain; null if it was refused, as too much waits for the disk. */
  append(draft: EventDraft, now: Now): number | null {
    const { clock, stamper, counters } = this.#parts
    const seq = this.log.append(draft, stamper.next(clock.read(now)))
    if (seq === null) counters.eventsRefused++
    else counters.eventsAppended++
    return seq
  }

  /** The write of all that is staged, unless one is in flight: then what is staged is the next batch. */
  flush(): readonly Effect[] {
    if (this.#logToken !== null) return []
    const write = this.log.flush(this.#token + 1)
    if (write === null) return []
    this.#logToken = ++this.#token
    return [{ t: 'write', token: this.#logToken, ops: write.ops, sync: true }]
  }

  /** What is staged now is the last of this run: a snapshot follows it, so that the next start has little to fold. */
  close(): void {
    this.#isClosing = true
  }

  /** A write is durable: announces its events, and asks for a snapshot when one is due. */
  written(token: WriteToken, now: Now): readonly Effect[] {
    const snapshots = this.#snapshots(now)
    if (token === this.#snapshotToken) {
      this.#snapshotMs = now.wallMs
      snapshots.settled(true)
      return this.#snapshotWrite(this.#last(now))
    }
    if (token !== this.#logToken) return []
    this.#logToken = null
    const events = this.log.written(token)
    const announced = events.map((event): Effect => ({ t: 'event', event }))
    const due = snapshots.written(events, now) ?? this.#last(now)
    return [...announced, ...this.#snapshotWrite(due)]
  }

  /** A write failed. What was to be logged is staged again; a snapshot is only late, the next one makes up for it. */
  failed(token: WriteToken, reason: string): void {
    this.#parts.counters.writesFailed++
    if (token === this.#snapshotToken) this.#snapshotter?.settled(false)
    if (token !== this.#logToken) return
    this.#logToken = null
    this.log.failed(token, reason)
  }

  /** The snapshot at the end of this run, once all is durable. */
  #last(now: Now): readonly StoreOp[] | null {
    const isAll = this.#isClosing && this.log.durableHead.seq === this.log.head.seq
    return isAll ? this.#snapshots(now).take(now) : null
  }

  #snapshotWrite(ops: readonly StoreOp[] | null): readonly Effect[] {
    if (ops === null) return []
    this.#snapshotToken = ++this.#token
    return [{ t: 'write', token: this.#snapshotToken, ops, sync: true }]
  }

  #snapshots(now: Now): Snapshotter {
    const { config, signer } = this.#parts
    const { log, view, gaps, snapshots } = this.#recovered
    this.#snapshotter ??= createSnapshotter({
      author: config.agent,
      boot: config.boot,
      signer,
      head: log,
      view,
      gaps,
      snapshots,
      now,
      rule: config.snapshot,
    })
    return this.#snapshotter
  }
}

import type { EventDraft } from '../../src/eventlog/event.ts'
import type { Logger } from '../log.ts'
import type { Scope } from './guard/scope.ts'

/** One call that goes on record. Never its body, its query, its token or a path that is none of ours. */
export interface AuditedCall {
  readonly method: string
  /** As the OpenAPI document names it; `other` = no route. */
  readonly route: string
  /** Name of the token; null = none. */
  readonly token: string | null
  readonly scope: Scope | null
  readonly remote: string
  readonly status: number
  /** It was refused for who sent it. */
  readonly refused: boolean
}

/** Like calls are written one by one at first; further ones are counted, and written together at the end of a while. */
const WHILE_MS = 60_000
const BOUNDS = {
  /** Allowed calls cost their caller a token; five tell enough of a stream of positions. */
  allowed: { oneByOne: 5, kinds: 64 },
  /** Refused ones cost nothing: strangers must not write our log full, nor crowd out the record of what was done. */
  refused: { oneByOne: 1, kinds: 16 },
} as const

interface Tally {
  readonly call: AuditedCall
  /** When what was counted is written, ms. */
  dueMs: number
  counted: number
  written: number
}

/**
 * Puts calls into the node's own signed log as `api.called`. Every call is in one of the events, as itself or in its
 * `calls`, and the number of events has a bound: per minute one for each kind of call (route, token, remote, status), of
 * at most 64 kinds allowed and 16 refused, after the first few. Further kinds are counted as one, `other`.
 */
export class Audit {
  readonly #note: (draft: EventDraft) => Promise<unknown>
  readonly #log: Pick<Logger, 'error'>
  readonly #tallies = { allowed: new Map<string, Tally>(), refused: new Map<string, Tally>() }
  readonly #writing = new Set<Promise<void>>()

  constructor(note: (draft: EventDraft) => Promise<unknown>, log: Pick<Logger, 'error'>) {
    this.#note = note
    this.#log = log
  }

  record(call: AuditedCall, nowMs: number): void {
    const kind = call.refused ? 'refused' : 'allowed'
    const tally = this.#tally(call, nowMs)
    if (tally.written < BOUNDS[kind].oneByOne) {
      tally.written += 1
      this.#write(tally.call, 1, 0)
    } else tally.counted += 1
  }

  /** Writes what was counted and is due. To be called every second or so. */
  sweep(nowMs: number): void {
    for (const tallies of Object.values(this.#tallies)) {
      for (const [key, tally] of tallies) {
        if (tally.dueMs > nowMs) continue
        // A kind that paused for a whole while begins anew; one that goes on is only counted.
        if (tally.counted === 0) tallies.delete(key)
        else this.#writeCounted(tally)
        tally.dueMs = nowMs + WHILE_MS
      }
    }
  }

  /** Writes all that was counted, and waits until it is in the log. */
  async close(): Promise<void> {
    for (const tallies of Object.values(this.#tallies)) {
      for (const tally of tallies.values()) if (tally.counted > 0) this.#writeCounted(tally)
    }
    await Promise.all(this.#writing)
  }

  #tally(call: AuditedCall, nowMs: number): Tally {
    const kind = call.refused ? 'refused' : 'allowed'
    const tallies = this.#tallies[kind]
    const known = tallies.get(keyOf(call))
    if (known !== undefined) return known
    const counted = tallies.size < BOUNDS[kind].kinds ? call : oneOfMany(call)
    const key = keyOf(counted)
    const tally = tallies.get(key) ?? { call: counted, dueMs: nowMs + WHILE_MS, counted: 0, written: 0 }
    tallies.set(key, tally)
    return tally
  }

  #writeCounted(tally: Tally): void {
    this.#write(tally.call, tally.counted, WHILE_MS)
    tally.counted = 0
  }

  #write({ refused: _, ...facts }: AuditedCall, calls: number, withinMs: number): void {
    const data = { ...facts, calls, withinMs }
    const writing = this.#note({ type: 'api.called', subject: '', data }).then(
      () => {},
      (err: unknown) => this.#log.error({ err, ...data }, 'an API call could not be put on record'),
    )
    this.#writing.add(writing)
    void writing.finally(() => this.#writing.delete(writing))
  }
}

const keyOf = ({ method, route, token, remote, status }: AuditedCall): string =>
  JSON.stringify([method, route, token, remote, status])

const oneOfMany = ({ refused }: AuditedCall): AuditedCall => ({
  method: 'other',
  route: 'other',
  token: null,
  scope: null,
  remote: 'other',
  status: 0,
  refused,
})

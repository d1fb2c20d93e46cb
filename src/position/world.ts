import { compareBytes } from '../bytes.ts'
import { LwwMap, type LwwRules } from '../crdt/lww-map.ts'
import type { AgentId } from '../ports.ts'
import { type Belief, believe } from './belief.ts'
import type { SignedPosition } from './position.ts'

/** A report and when it came, by our own monotonic clock, so that its age grows whatever wall clocks do. */
export interface Heard {
  readonly signed: SignedPosition
  readonly receivedUs: number
  /** How old it was when it came, by its stamp and our swarm time, ms. */
  readonly ageAtReceiptMs: number
}

/**
 * Authors held at most. A drone hears tens; a relay over a city thousands. Past it, the report with the
 * lowest stamp makes room.
 */
export const WORLD_MAX_AUTHORS = 8_192

// Made once, not once an agent: a simulated swarm of ten thousand would miss the cache for each one's own.
const NEWEST_WINS: LwwRules<Heard> = {
  hlc: heard => heard.signed.position.hlc,
  author: heard => heard.signed.position.agent,
  order: (a, b) => compareBytes(a.signed.bytes, b.signed.bytes),
}

/** What one agent knows of where everyone is: the last report of each, last writer wins by hybrid clock. */
export class World {
  readonly #reports = new LwwMap(NEWEST_WINS)

  get size(): number {
    return this.#reports.size
  }

  get(agent: AgentId): Heard | undefined {
    return this.#reports.get(agent)
  }

  all(): MapIterator<Heard> {
    return this.#reports.values()
  }

  /** Takes a report if it is newer than what is held of its author; says whether it did. */
  hear(heard: Heard): boolean {
    const agent = heard.signed.position.agent
    if (!this.#reports.merge(agent, heard)) return false
    if (this.#reports.size <= WORLD_MAX_AUTHORS) return true
    this.#makeRoom()
    return this.#reports.get(agent) === heard
  }

  /** Forgets whoever was silent for longer than `forgetMs`, by our own monotonic clock. */
  forget(nowUs: number, forgetMs: number): number {
    return this.#reports.expire(heard => ageMs(heard, nowUs) > forgetMs)
  }

  #makeRoom(): void {
    let oldest: Heard | null = null
    for (const heard of this.#reports.values()) {
      if (oldest === null || heard.signed.position.hlc < oldest.signed.position.hlc) oldest = heard
    }
    if (oldest !== null) this.#reports.evict(oldest.signed.position.agent)
  }
}

/** How old a report is now, ms. */
export function ageMs(heard: Heard, nowUs: number): number {
  return heard.ageAtReceiptMs + (nowUs - heard.receivedUs) / 1000
}

/** Where its author may be now. */
export function beliefOf(heard: Heard, nowUs: number, errorBoundMm: number): Belief {
  return believe(heard.signed.position, ageMs(heard, nowUs), errorBoundMm)
}

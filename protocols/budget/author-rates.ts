import type { AgentId } from '../../src/ports.ts'
import { Bucket } from './bucket.ts'
import { AUTHOR_REPORTS } from './limits.ts'

/**
 * How often each author may be heard, whoever brings its reports: a member that signs five hundred a second is
 * within its rights at every signature check, and yet it must not have the swarm pass them all on.
 */
export class AuthorRates {
  readonly #capacity: number
  #young = new Map<AgentId, Bucket>()
  #old = new Map<AgentId, Bucket>()

  /** `capacity`: authors remembered at least, twice as many at most. One that is forgotten starts afresh. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Whether one more report of this author is to be heard at `nowMs` (monotonic). Call it for verified ones only. */
  take(author: AgentId, nowMs: number): boolean {
    let bucket = this.#young.get(author)
    if (bucket === undefined) {
      bucket = this.#old.get(author) ?? new Bucket(AUTHOR_REPORTS.perS, AUTHOR_REPORTS.burst)
      if (this.#young.size >= this.#capacity) {
        this.#old = this.#young
        this.#young = new Map()
      }
      this.#young.set(author, bucket)
    }
    return bucket.take(nowMs)
  }
}

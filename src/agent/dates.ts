import type { Now } from '../ports.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'

/** No clock that is right goes so much faster than our monotonic one between two looks. */
const JUMP_MS = 60_000

/**
 * The time by which certificates begin and end. A clock that jumps ahead would end them all: a lonely drone would land
 * for one wrong reading of its receiver. So nothing ends on the word of a jump alone: it takes neighbours that bear it
 * out. A clock that was before all certificates, and is not any more, has been set right.
 */
export class Dates {
  readonly #clock: SwarmClock
  readonly #earliestMs: number
  #last: { readonly ms: number; readonly monoUs: number } | null = null

  /** `earliestMs`: nothing happens before this, wall ms. */
  constructor(clock: SwarmClock, earliestMs: number) {
    this.#clock = clock
    this.#earliestMs = earliestMs
  }

  /** Wall ms; null = our clock can't be believed, and dates are not judged. */
  nowMs(now: Now): number | null {
    const ms = this.#clock.read(now)
    if (ms < this.#earliestMs) {
      this.#last = null
      return null
    }
    if (this.#last !== null && ms - this.#expectedMs(this.#last, now) > JUMP_MS && !this.#isBorneOut())
      return null
    this.#last = { ms, monoUs: now.monoUs }
    return ms
  }

  #expectedMs(last: { readonly ms: number; readonly monoUs: number }, { monoUs }: Now): number {
    return last.ms + (monoUs - last.monoUs) / 1000
  }

  #isBorneOut(): boolean {
    return this.#clock.trusted && this.#clock.offsetMs !== null
  }
}

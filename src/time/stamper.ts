import { type Hlc, hlcMs, hlcReceive, hlcTick } from './hlc.ts'

/** Gives out the hybrid stamps of one agent, each above the last. */
export class Stamper {
  readonly #boundMs: number
  #last: Hlc = 0

  constructor(boundMs: number) {
    this.#boundMs = boundMs
  }

  /** The stamp of an event that happens at `swarmMs`. */
  next(swarmMs: number): Hlc {
    // After a clock that ran ahead was put right, holding on to its stamps would keep us in everyone's
    // future. Within the bound on both sides nobody accepted them, so starting again below them takes back
    // nothing that anyone holds.
    if (hlcMs(this.#last) > swarmMs + 2 * this.#boundMs) this.#last = 0
    this.#last = hlcTick(this.#last, swarmMs)
    return this.#last
  }

  /** Folds in a peer's stamp; false if it is further ahead than the clock-error bound. */
  receive(seen: Hlc, swarmMs: number): boolean {
    const folded = hlcReceive(this.#last, seen, swarmMs, this.#boundMs)
    if (folded === null) return false
    this.#last = folded
    return true
  }
}

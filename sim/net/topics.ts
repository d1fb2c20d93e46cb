import type { CellId } from '../../src/ports.ts'

/** One subscription: who, and from when on the mesh serves it. */
interface Subscription {
  readonly node: number
  readonly fromUs: number
}

/** A graft takes effect at about the next heartbeat of the mesh: half a second, on average. */
const GRAFT_MIN_US = 100_000
const GRAFT_SPAN_US = 900_000

/**
 * Who hears which topic. Pub/sub is modelled from end to end: each subscriber gets its own copy with its own
 * delay and its own chance of loss, over as many hops as the mesh would need. Nothing repairs a loss (gossipsub's
 * IHAVE often would), so that anti-entropy is what has to.
 */
export class Topics {
  readonly #topics = new Map<CellId, Subscription[]>()

  /** `lot` in [0, 1) places the graft within a heartbeat. */
  join(cell: CellId, node: number, nowUs: number, lot: number): void {
    const fromUs = nowUs + GRAFT_MIN_US + Math.floor(lot * GRAFT_SPAN_US)
    const members = this.#topics.get(cell)
    if (members === undefined) this.#topics.set(cell, [{ node, fromUs }])
    else members.push({ node, fromUs })
  }

  leave(cell: CellId, node: number): void {
    const members = this.#topics.get(cell)
    const at = members?.findIndex(member => member.node === node) ?? -1
    if (members === undefined || at === -1) return
    members.splice(at, 1)
    if (members.length === 0) this.#topics.delete(cell)
  }

  /** Subscriptions of a topic in the order in which they were made. */
  of(cell: CellId): readonly Subscription[] {
    return this.#topics.get(cell) ?? []
  }
}

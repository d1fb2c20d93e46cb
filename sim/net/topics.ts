import type { CellId } from '../../src/ports.ts'

/** The subscriptions of a topic, in the order in which they were made. Side by side, not as objects: every report walks them. */
interface Subscriptions {
  readonly nodes: number[]
  /** From when on the mesh serves each. */
  readonly fromUs: number[]
}

const NOBODY: Subscriptions = { nodes: [], fromUs: [] }

/** A graft takes effect at about the next heartbeat of the mesh: half a second, on average. */
const GRAFT_MIN_US = 100_000
const GRAFT_SPAN_US = 900_000

/**
 * Who hears which topic. Pub/sub is modelled from end to end: each subscriber gets its own copy with its own
 * delay and its own chance of loss, over as many hops as the mesh would need. Nothing repairs a loss (gossipsub's
 * IHAVE often would), so that anti-entropy is what has to.
 */
export class Topics {
  readonly #topics = new Map<CellId, Subscriptions>()

  /** `lot` in [0, 1) places the graft within a heartbeat. */
  join(cell: CellId, node: number, nowUs: number, lot: number): void {
    const fromUs = nowUs + GRAFT_MIN_US + Math.floor(lot * GRAFT_SPAN_US)
    const topic = this.#topics.get(cell)
    if (topic === undefined) this.#topics.set(cell, { nodes: [node], fromUs: [fromUs] })
    else {
      topic.nodes.push(node)
      topic.fromUs.push(fromUs)
    }
  }

  leave(cell: CellId, node: number): void {
    const topic = this.#topics.get(cell)
    const at = topic?.nodes.indexOf(node) ?? -1
    if (topic === undefined || at === -1) return
    topic.nodes.splice(at, 1)
    topic.fromUs.splice(at, 1)
    if (topic.nodes.length === 0) this.#topics.delete(cell)
  }

  of(cell: CellId): Subscriptions {
    return this.#topics.get(cell) ?? NOBODY
  }
}

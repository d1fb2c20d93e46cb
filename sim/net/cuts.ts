/** How a partition splits the swarm. */
export type Shape =
  /** One agent alone. */
  | 'isolate'
  | 'halves'
  /** Everyone in one of 3 to 5 parts by lot. */
  | 'uniform'
  /** Five parts in a ring; each hears its two neighbours, so every part believes in a different majority. */
  | 'ring'
  /** Two halves that meet only in a few. */
  | 'bridge'
  /** Two halves, of which one hears the other but not the other way round. */
  | 'one-way'

/** A partition that is in force. `side` of each node; `open[a * 8 + b]` = side a reaches side b. */
export interface Partition {
  readonly side: Uint8Array
  readonly open: Uint8Array
}

const SIDES = 8

/** Builds a partition from the side of each node. */
export function partitionOf(shape: Shape, side: readonly number[]): Partition {
  const open = new Uint8Array(SIDES * SIDES)
  for (let a = 0; a < SIDES; a++) {
    for (let b = 0; b < SIDES; b++) open[a * SIDES + b] = hears(shape, a, b) ? 1 : 0
  }
  return { side: Uint8Array.from(side), open }
}

function hears(shape: Shape, from: number, to: number): boolean {
  if (from === to) return true
  if (shape === 'ring') return (from + 1) % 5 === to || (to + 1) % 5 === from
  if (shape === 'bridge') return from === 2 || to === 2
  if (shape === 'one-way') return from === 0
  return false
}

/** Which node reaches which: partitions, one-way cuts of single links, and clogs that hold packets back. */
export class Cuts {
  readonly #partitions = new Map<number, Partition>()
  #active: readonly Partition[] = []
  readonly #links = new Set<number>()
  readonly #clogs = new Map<number, number>()

  /** Whether anything at all is in force; the quick way out for most packets. */
  get clear(): boolean {
    return this.#active.length === 0 && this.#links.size === 0
  }

  partition(id: number, partition: Partition): void {
    this.#partitions.set(id, partition)
    this.#active = [...this.#partitions.values()]
  }

  mend(id: number): void {
    this.#partitions.delete(id)
    this.#active = [...this.#partitions.values()]
  }

  /** Cuts one direction of one link. */
  cut(from: number, to: number): void {
    this.#links.add(linkId(from, to))
  }

  splice(from: number, to: number): void {
    this.#links.delete(linkId(from, to))
  }

  /** Holds everything on one directed link back until `untilUs`. */
  clog(from: number, to: number, untilUs: number): void {
    this.#clogs.set(linkId(from, to), untilUs)
  }

  blocked(from: number, to: number): boolean {
    for (const { side, open } of this.#active) {
      if (open[(side[from] as number) * SIDES + (side[to] as number)] === 0) return true
    }
    return this.#links.size > 0 && this.#links.has(linkId(from, to))
  }

  /** When a packet that would come at `atUs` gets through the clog of its link, if there is one. */
  throughClog(from: number, to: number, atUs: number): number {
    if (this.#clogs.size === 0) return atUs
    const untilUs = this.#clogs.get(linkId(from, to))
    return untilUs !== undefined && atUs < untilUs ? untilUs : atUs
  }

  /** Undoes every cut, clog and partition. */
  heal(): void {
    this.#partitions.clear()
    this.#active = []
    this.#links.clear()
    this.#clogs.clear()
  }
}

/** One number for a directed link; good for a million nodes. */
export const linkId = (from: number, to: number): number => from * 0x100000 + to

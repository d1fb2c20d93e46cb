import { linkId } from '../net/cuts.ts'
import { Mesh } from './mesh.ts'

/** `met`: connected, its hello is awaited. `in`: let in. */
type Door = 'met' | 'in'

/** Whom a node lets in on its connections, node by node, and whom it turned away. */
export class Doors {
  readonly mesh: Mesh
  readonly #doors = new Map<number, Door>()
  readonly #inside: Set<number>[]
  /** Turned away, and not met again since. */
  readonly #turnedAway = new Set<number>()
  /** Nobody of a pair calls the other before this, virtual us. */
  readonly #againUs = new Map<number, number>()

  constructor(count: number) {
    this.#inside = Array.from({ length: count }, () => new Set())
    this.mesh = new Mesh(count, visit => {
      for (const [node, peers] of this.#inside.entries())
        for (const peer of peers) if (peer > node && this.#inside[peer]?.has(node)) visit(node, peer)
    })
  }

  /** Those a node has let in. */
  inside(node: number): ReadonlySet<number> {
    return this.#inside[node] as Set<number>
  }

  isIn(node: number, peer: number): boolean {
    return (this.#inside[node] as Set<number>).has(peer)
  }

  awaits(node: number, peer: number): boolean {
    return this.#doors.get(linkId(node, peer)) === 'met'
  }

  /** Whether the last thing that `peer` was told is that it may not come in. */
  turnedAway(node: number, peer: number): boolean {
    return this.#turnedAway.has(linkId(node, peer))
  }

  meet(node: number, peer: number): void {
    this.#doors.set(linkId(node, peer), 'met')
    this.#turnedAway.delete(linkId(node, peer))
    this.#leave(node, peer)
  }

  letIn(node: number, peer: number): void {
    this.#doors.set(linkId(node, peer), 'in')
    this.#inside[node]?.add(peer)
    this.mesh.changed()
  }

  turnAway(node: number, peer: number, againUs: number): void {
    this.#turnedAway.add(linkId(node, peer))
    this.#againUs.set(pairId(node, peer), againUs)
  }

  /** The connection is gone; says whether the peer had been let in. */
  close(node: number, peer: number): boolean {
    this.#doors.delete(linkId(node, peer))
    return this.#leave(node, peer)
  }

  /** The process of a node died, and with it what it knew. */
  died(node: number): void {
    for (const peer of [...this.inside(node)]) this.#leave(node, peer)
    for (let peer = 0; peer < this.#inside.length; peer++) {
      this.#doors.delete(linkId(node, peer))
      this.#turnedAway.delete(linkId(node, peer))
    }
  }

  mayCall(a: number, b: number, nowUs: number): boolean {
    return this.#againUs.size === 0 || nowUs >= (this.#againUs.get(pairId(a, b)) ?? 0)
  }

  /** Whoever is somebody else now, as far as others judge, may call again at once. */
  callAgain(node: number): void {
    for (let peer = 0; peer < this.#inside.length; peer++) this.#againUs.delete(pairId(node, peer))
  }

  #leave(node: number, peer: number): boolean {
    if (this.#inside[node]?.delete(peer) !== true) return false
    this.mesh.changed()
    return true
  }
}

const pairId = (a: number, b: number): number => linkId(Math.min(a, b), Math.max(a, b))

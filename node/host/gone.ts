import type { LinkEnd } from '../../protocols/hello/link.ts'
import type { AgentId } from '../../src/ports.ts'

/** How many of those that went are remembered for `peers`; the longest gone are forgotten first. */
const GONE_MAX = 1_024

/** How a peer went that is no longer here, or why it never came. */
export interface Gone {
  /** refused: by us or by it, as a peer of another swarm is. */
  readonly state: 'left' | 'failed' | 'refused'
  readonly why: string
}

/** Those that are no longer here. */
export class GonePeers {
  readonly #peers = new Map<AgentId, Gone>()

  get peers(): ReadonlyMap<AgentId, Gone> {
    return this.#peers
  }

  add(peer: AgentId, gone: Gone): void {
    this.#peers.delete(peer)
    this.#peers.set(peer, gone)
    const oldest = this.#peers.keys().next().value
    if (this.#peers.size > GONE_MAX && oldest !== undefined) this.#peers.delete(oldest)
  }

  isBack(peer: AgentId): void {
    this.#peers.delete(peer)
  }
}

/** What the end of a link says of the peer; `wasMember` = it had said hello. */
export function goneOf(end: LinkEnd | { readonly t: 'lost' }, wasMember: boolean): Gone {
  switch (end.t) {
    case 'left':
      // Who parts before it said hello has no use for us.
      return wasMember
        ? { state: 'left', why: end.reason }
        : { state: 'refused', why: `it said: ${end.reason}` }
    case 'refused':
      return { state: 'refused', why: `told it: ${end.reason}` }
    case 'full':
    case 'turned-away':
      return { state: 'refused', why: 'it has no room' }
    case 'silent':
      return { state: 'failed', why: 'silent' }
    case 'lost':
      return { state: 'failed', why: 'connection lost' }
  }
}

import type { Connection, PeerId } from '@libp2p/interface'
import type { Router } from './gossipsub-internals.ts'

/** Heartbeats that a connected gossip peer may be without our stream to it before its connection is closed. */
const OUTBOUND_GRACE_HEARTBEATS = 2
/** The same for its stream to us. Longer: a stock peer opens its streams one by one, up to 10 s each. */
const INBOUND_GRACE_HEARTBEATS = 12

interface Watched {
  readonly peer: PeerId
  withoutOutbound: number
  withoutInbound: number
}

/**
 * Finds gossip links that died while their connection lives. GossipSub opens its stream when a peer connects
 * and never again: after a reset or a write buffer overflow the peer stays in the mesh, nothing flows, and the
 * connection looks well. Closing the connection is the one remedy that both ends understand, whatever they run:
 * whoever keeps peers dials again, and both start afresh.
 */
export class LinkWatchdog {
  readonly #router: Router
  readonly #close: (peer: PeerId) => void
  readonly #watched = new Map<string, Watched>()

  /** `close`: closes all connections to a peer. */
  constructor(router: Router, close: (peer: PeerId) => void) {
    this.#router = router
    this.#close = close
  }

  /** A peer that speaks the gossip protocol has connected. */
  peerConnected(peer: PeerId): void {
    this.#watched.set(peer.toString(), { peer, withoutOutbound: 0, withoutInbound: 0 })
  }

  peerDisconnected(peer: PeerId): void {
    this.#watched.delete(peer.toString())
  }

  /** Looks at every link once; called at each heartbeat. */
  heartbeat(): void {
    for (const [id, watched] of this.#watched) {
      const { outbound, inbound, opening } = this.#router.link(id)
      watched.withoutOutbound = outbound || opening ? 0 : watched.withoutOutbound + 1
      watched.withoutInbound = inbound ? 0 : watched.withoutInbound + 1
      if (
        watched.withoutOutbound > OUTBOUND_GRACE_HEARTBEATS ||
        watched.withoutInbound > INBOUND_GRACE_HEARTBEATS
      ) {
        this.#watched.delete(id)
        this.#close(watched.peer)
      }
    }
  }

  stop(): void {
    this.#watched.clear()
  }
}

/** Closes connections at once: a graceful close would wait for streams that are stuck. */
export function abortAll(connections: readonly Connection[]): void {
  for (const connection of connections) {
    connection.abort(new Error('The gossip link of this connection is half dead; dial again.'))
  }
}

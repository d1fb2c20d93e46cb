import type { Connection, PeerId } from '@libp2p/interface'
import type { Router } from './gossipsub-internals.ts'

/** Heartbeats that a connected gossip peer may be without our stream to it before its connection is closed. */
const OUTBOUND_GRACE_HEARTBEATS = 2
/** The same for its stream to us. Longer: a stock peer opens its streams one by one, up to 10 s each. */
const INBOUND_GRACE_HEARTBEATS = 12

/** Heartbeats that a peer may take nothing of what waits for it. A slow radio takes little, but always something. */
const UNREAD_HEARTBEATS = 8

interface Watched {
  readonly peer: PeerId
  withoutOutbound: number
  withoutInbound: number
  takenBytes: number
  unread: number
}

/** What is to be done about a link; each closes all connections to its peer. */
interface Remedies {
  /** One of its streams is gone. */
  onDead(peer: PeerId): void
  /** The peer reads nothing. */
  onUnread(peer: PeerId): void
}

/**
 * Finds gossip links that died while their connection lives. GossipSub opens its stream when a peer connects
 * and never again: after a reset or a write buffer overflow the peer stays in the mesh, nothing flows, and the
 * connection looks well. Closing the connection is the one remedy that both ends understand, whatever they run:
 * whoever keeps peers dials again, and both start afresh. Peers that read nothing of what waits for them go the
 * same way.
 */
export class LinkWatchdog {
  readonly #router: Router
  readonly #remedies: Remedies
  readonly #watched = new Map<string, Watched>()

  constructor(router: Router, remedies: Remedies) {
    this.#router = router
    this.#remedies = remedies
  }

  /** A peer that speaks the gossip protocol has connected. */
  peerConnected(peer: PeerId): void {
    this.#watched.set(peer.toString(), {
      peer,
      withoutOutbound: 0,
      withoutInbound: 0,
      takenBytes: 0,
      unread: 0,
    })
  }

  peerDisconnected(peer: PeerId): void {
    this.#watched.delete(peer.toString())
  }

  /** Looks at every link once; called at each heartbeat. */
  heartbeat(): void {
    for (const [id, watched] of this.#watched) {
      const { outbound, inbound, opening, takenBytes, unsentBytes } = this.#router.link(id)
      watched.unread = unsentBytes > 0 && takenBytes === watched.takenBytes ? watched.unread + 1 : 0
      watched.takenBytes = takenBytes
      watched.withoutOutbound = outbound || opening ? 0 : watched.withoutOutbound + 1
      watched.withoutInbound = inbound ? 0 : watched.withoutInbound + 1
      if (
        watched.withoutOutbound > OUTBOUND_GRACE_HEARTBEATS ||
        watched.withoutInbound > INBOUND_GRACE_HEARTBEATS
      ) {
        this.#watched.delete(id)
        this.#remedies.onDead(watched.peer)
      } else if (watched.unread >= UNREAD_HEARTBEATS) {
        this.#watched.delete(id)
        this.#remedies.onUnread(watched.peer)
      }
    }
  }

  stop(): void {
    this.#watched.clear()
  }
}

/** Closes connections at once: a graceful close would wait for streams that are stuck. */
export function abortAll(connections: readonly Connection[], why: string): void {
  for (const connection of connections) connection.abort(new Error(`The peer is let go: ${why}.`))
}

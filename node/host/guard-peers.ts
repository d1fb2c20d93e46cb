import type { Connection, Libp2p } from '@libp2p/interface'
import { PeerGuard } from '../../protocols/budget/guard.ts'
import type { Judgement } from '../../protocols/budget/ledger.ts'
import {
  BUDGETS,
  type Cause,
  CONNECTIONS_PER_PEER,
  FAULTS,
  TIME_OUT_MS,
} from '../../protocols/budget/limits.ts'
import type { AgentId } from '../../src/ports.ts'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../log.ts'

/** How long a peer that is let go has to read why. Nothing of it is read meanwhile. */
const GOODBYE_MS = 500

export interface GuardPeersInit {
  readonly config: Pick<Config, 'connections'>
  readonly log: Logger
  /** All connections there are. */
  readonly connections: () => readonly Connection[]
  /** Tells a peer that is up why it has to go, and hangs up. */
  readonly expel: (peer: AgentId, reason: string) => void
}

/** The ledger of this node's peers, and what becomes of those that overdraw: told why, let go, refused for a while. */
export function guardPeers({ config, log, connections, expel }: GuardPeersInit): PeerGuard {
  const banMs = config.connections.banMinutes * 60_000
  const letGo = (peer: AgentId, reason: string): void => {
    expel(peer, reason)
    setTimeout(() => {
      for (const connection of connections()) {
        if (connection.remotePeer.toString() === peer) connection.abort(new Error(reason))
      }
    }, GOODBYE_MS)
  }
  return new PeerGuard({
    linkBytesPerS: config.connections.peerKiBPerS * 1024,
    banMs,
    capacity: Math.max(4_096, 2 * config.connections.max),
    onJudged: (peer, judgement) => {
      const { act, cause, points } = judgement
      const fields = { peer, cause, points: Math.round(points) }
      if (act === 'note') log.debug(fields, 'peer penalized')
      else if (act === 'warn') log.warn(fields, 'peer penalized; it is let go if it goes on')
      else {
        log.warn(fields, act === 'ban' ? 'peer banned' : 'peer let go')
        const reason = reasonOf(judgement, banMs)
        // Later, for this is called from the midst of handling what the peer sent.
        setImmediate(() => letGo(peer, reason))
      }
    },
  })
}

/** Counts the connections that each peer makes, and keeps none from taking the places of others. */
export function watchConnections(libp2p: Libp2p, guard: PeerGuard): void {
  libp2p.addEventListener('connection:open', ({ detail: connection }) => {
    const { remotePeer } = connection
    const peer = remotePeer.toString()
    const dialed = connection.direction === 'outbound'
    const affords = dialed || guard.spend(peer, 'connections', 1)
    if (affords && libp2p.getConnections(remotePeer).length <= CONNECTIONS_PER_PEER) return
    if (!dialed) guard.fault(peer, 'too-many-connections')
    connection.abort(new Error(`a peer has at most ${CONNECTIONS_PER_PEER} connections`))
  })
}

function reasonOf({ cause, act }: Judgement, banMs: number): string {
  const minutes = (act === 'ban' ? banMs : TIME_OUT_MS) / 60_000
  return `you are refused for ${minutes} min (${cause}): ${whyOf(cause)}`
}

function whyOf(cause: Cause): string {
  if (cause in FAULTS) return FAULTS[cause as keyof typeof FAULTS].why
  return `more a second than ${BUDGETS[cause as keyof typeof BUDGETS].perS}, for longer than a burst`
}

import type { Cause } from '../../protocols/budget/limits.ts'
import type { GossipCounters } from '../../protocols/gossip/counters.ts'
import type { AgentCounters } from '../../src/agent/counters.ts'
import type { NodeStatus, PeerView } from '../interface.ts'
import type { DiskState } from '../store/interface.ts'

/**
 * What a node counts and holds, read once for every scrape: plain numbers, no work of their own.
 * Counters only rise while the process runs.
 */
export interface MetricsSnapshot {
  /** Every health check passes. */
  readonly ready: boolean
  readonly agent: Readonly<AgentCounters>
  readonly gossip: Readonly<GossipCounters> & {
    /** Copies that wait to be sent, all peers together. */
    readonly queued: number
    /** Peers in the mesh of at least one topic. */
    readonly meshPeers: number
    readonly topics: number
  }
  readonly peers: {
    readonly byState: Readonly<Record<PeerView['state'], number>>
    /** Connected ones that are reached through a relay. */
    readonly relayed: number
    /** Dials of peers that were dialed before. */
    readonly redials: number
  }
  readonly budgets: {
    readonly penalties: Readonly<Record<Cause, number>>
    readonly banned: number
  }
  readonly world: {
    readonly neighbors: Readonly<Record<'point' | 'volume', number>>
    /** Worst age of a neighbour this node relies on, ms; null = it relies on nobody. */
    readonly ageMs: number | null
  }
  readonly eventLog: {
    readonly seq: number
    readonly durableSeq: number
    readonly whole: boolean
    readonly sizeBytes: number
    /** Size at which the oldest events go; null = no bound. */
    readonly limitBytes: number | null
    /** Wall clock of the last snapshot, ms since 1970; null = none yet. */
    readonly lastSnapshotMs: number | null
  }
  readonly disk: DiskState
  readonly trust: NodeStatus['trust']
  readonly clock: {
    readonly trusted: boolean
    readonly offsetMs: number | null
    readonly boundMs: number
    readonly steps: number
  }
  readonly vehicle: {
    readonly fixAgeMs: number | null
    readonly batteryPct: number | null
  }
}

/** Called once for every scrape, and for `world.ageMs` five times a second. */
export interface MetricsSource {
  snapshot(): MetricsSnapshot
  worldAgeMs(): number | null
}

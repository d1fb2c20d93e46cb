import type { MetricsSnapshot, MetricsSource } from '../../../node/metrics/snapshot.ts'
import { noPenalties } from '../../../protocols/budget/guard.ts'
import { gossipCounters } from '../../../protocols/gossip/counters.ts'
import { zeroCounters } from '../../../src/agent/counters.ts'

/** A node to which nothing has happened yet. */
export const quietSnapshot = (): MetricsSnapshot => ({
  ready: true,
  agent: zeroCounters(),
  gossip: { ...gossipCounters(), queued: 0, meshPeers: 0, topics: 0 },
  peers: {
    byState: { connected: 0, dialing: 0, known: 0, failed: 0, left: 0, refused: 0 },
    relayed: 0,
    redials: 0,
  },
  budgets: { penalties: noPenalties(), banned: 0 },
  world: { neighbors: { point: 0, volume: 0 }, ageMs: null },
  eventLog: { seq: 0, durableSeq: 0, whole: true, sizeBytes: 0, limitBytes: null, lastSnapshotMs: null },
  disk: 'ok',
  trust: { mode: 'open', certificate: null, epoch: 0, behind: false, members: 0 },
  clock: { trusted: true, offsetMs: null, boundMs: 1_000, steps: 0 },
  vehicle: { fixAgeMs: null, batteryPct: null },
})

export const quietSource = (
  change: (quiet: MetricsSnapshot) => MetricsSnapshot = quiet => quiet,
): MetricsSource => ({
  snapshot: () => change(quietSnapshot()),
  worldAgeMs: () => change(quietSnapshot()).world.ageMs,
})

import type { NodeStatus, PeerView } from '../interface.ts'
import type { MetricsSnapshot } from '../metrics/snapshot.ts'
import type { StatusSources } from './status.ts'

/** Everything a scrape reads, at one moment. */
export function metricsSnapshot(
  { agent, network, store, config, now }: StatusSources,
  status: NodeStatus,
  peers: readonly PeerView[],
): MetricsSnapshot {
  const { gossip, keeper } = network
  const byState = { connected: 0, dialing: 0, known: 0, failed: 0, left: 0, refused: 0 }
  for (const { state } of peers) byState[state]++
  const neighbors = { point: 0, volume: 0 }
  for (const { belief } of agent.neighbors(now)) neighbors[belief.kind]++
  const { latest } = agent.sharing
  return {
    ready: status.checks.every(({ ok }) => ok),
    agent: agent.counters,
    gossip: {
      ...gossip.counters,
      queued: gossip.queued(),
      meshPeers: peers.filter(({ mesh }) => mesh).length,
      topics: status.cells.joined.length,
    },
    peers: {
      byState,
      relayed: peers.filter(({ path }) => path === 'relayed').length,
      redials: keeper.counters.redials,
    },
    budgets: { penalties: network.guard.penalties, banned: network.guard.banned() },
    world: { neighbors, ageMs: status.worldModelAgeMs },
    eventLog: {
      seq: status.log.seq,
      durableSeq: status.log.durableSeq,
      whole: status.log.health === 'whole',
      sizeBytes: status.log.sizeBytes,
      limitBytes: config.eventLog.maxMiB * 1024 * 1024,
      lastSnapshotMs: agent.journal.snapshotMs,
    },
    disk: store.state(),
    clock: status.clock,
    trust: status.trust,
    vehicle: { fixAgeMs: status.vehicle.fixAgeMs, batteryPct: latest?.fix.batteryPct ?? null },
  }
}

import type { Agent } from '../../src/agent/agent.ts'
import type { Now } from '../../src/ports.ts'
import type { Config } from '../config/schema.ts'
import type { Network } from '../host/network.ts'
import type { Check, NodeStatus } from '../interface.ts'
import type { Store } from '../store/index.ts'
import type { VehicleLink } from '../vehicles/interface.ts'
import { VERSION } from '../version.ts'
import { check } from './check.ts'
import { trustCheck, trustStatus } from './trust.ts'

export interface StatusSources {
  readonly config: Config
  readonly agent: Agent
  readonly network: Network
  readonly store: Store
  readonly vehicle: VehicleLink
  readonly startedAt: Date
  /** The same by the monotonic clock, which no correction of the time of day moves. */
  readonly startedUs: number
  readonly api: string
  readonly now: Now
}

/** This node's view of itself. */
export function nodeStatus(sources: StatusSources): NodeStatus {
  const { config, agent, network, store, vehicle, startedAt, now } = sources
  const { latest, interest } = agent.sharing
  const worldModelAgeMs = agent.worldModelAgeMs(now)
  return {
    agent: agent.config.agent,
    name: config.name,
    role: config.role,
    swarm: config.swarm,
    version: VERSION,
    boot: agent.config.boot,
    startedAt: startedAt.toISOString(),
    uptimeS: Math.round((now.monoUs - sources.startedUs) / 1_000_000),
    listen: network.host.getMultiaddrs().map(String),
    api: sources.api,
    dataDir: config.dataDir,
    vehicle: {
      kind: vehicle.kind,
      phase: vehicle.phase(),
      fix: latest?.fix ?? null,
      fixAgeMs: latest === null ? null : Math.round((now.monoUs - latest.atUs) / 1000),
    },
    peers: { connected: network.links.peers().length, known: network.keeper.known().length },
    cells: { own: interest.own, joined: interest.joined() },
    log: {
      seq: agent.journal.log.head.seq,
      durableSeq: agent.journal.log.durableHead.seq,
      health: agent.quarantined ? 'quarantined' : 'whole',
      sizeBytes: store.sizeBytes(),
    },
    clock: {
      trusted: agent.clock.trusted,
      offsetMs: agent.clock.offsetMs === null ? null : Math.round(agent.clock.offsetMs),
      boundMs: config.clock.boundMs,
      steps: agent.clock.steps,
    },
    trust: trustStatus(agent, now),
    worldModelAgeMs: worldModelAgeMs === null ? null : Math.round(worldModelAgeMs),
    checks: checks(sources),
  }
}

/** So many peers that say that they fly near and are not heard are no accident. */
const SILENT_NEAR_MAX = 1

/** What must hold for this node to be of use, each with what to do when it does not. */
function checks({ config, agent, network, store, vehicle, now }: StatusSources): readonly Check[] {
  const peers = network.links.peers().length
  const { latest } = agent.sharing
  const fixAgeMs = latest === null ? null : (now.monoUs - latest.atUs) / 1000
  const needsFix = vehicle.kind !== 'none'
  const disk = store.state()
  const { lastFailure } = agent.journal.log.stats
  const near = network.links.peers().filter(peer => {
    const cell = network.links.link(peer)?.cell ?? ''
    return cell !== '' && agent.sharing.interest.has(cell)
  }).length
  return [
    check(
      'disk',
      (disk === 'ok' || disk === 'low') && lastFailure === null,
      lastFailure === null ? disk : `${disk}, the last write failed (${lastFailure})`,
      'free space on the disk of the data directory',
    ),
    check('log', !agent.quarantined, agent.quarantined ? 'damaged' : 'whole', 'see `skein log verify`'),
    check(
      'clock',
      agent.clock.trusted,
      agent.clock.offsetMs === null
        ? 'no neighbour to compare with'
        : `${Math.round(agent.clock.offsetMs)} ms from the swarm`,
      `set this machine's clock: it is off by more than ${config.clock.boundMs} ms`,
    ),
    trustCheck(trustStatus(agent, now)),
    check(
      'peers',
      peers > 0 || config.bootstrap.length === 0,
      `${peers} connected`,
      'no bootstrap peer answers: check their addresses, this network and the swarm setting',
    ),
    // Peers can be there and pass nothing on: then what is near is not known, and nobody must think that it is empty.
    check(
      'hearing',
      near <= SILENT_NEAR_MAX || agent.worldModelAgeMs(now) !== null,
      near === 0 ? 'nobody near' : `${near} connected near here`,
      'none of them is heard: isolated, or all of them are silent. Keep clear of everything; check bootstrap peers',
    ),
    check(
      'vehicle',
      !needsFix || (fixAgeMs !== null && fixAgeMs < 2_000),
      fixAgeMs === null ? 'no fix yet' : `fix ${Math.round(fixAgeMs)} ms old`,
      'the vehicle gives no position: check its link and its GNSS receiver',
    ),
  ]
}

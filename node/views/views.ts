import type { MapFrame } from '../../protocols/map/frame.ts'
import type { AgentId } from '../../src/ports.ts'
import type { NeighborView, NodeStatus, PeerView } from '../interface.ts'
import type { MetricsSnapshot } from '../metrics/snapshot.ts'
import { systemNow } from '../runtime/clock.ts'
import { mapFrame, mapOrigin } from './map.ts'
import { metricsSnapshot } from './metrics-snapshot.ts'
import { neighborViews } from './neighbors.ts'
import { peerViews } from './peers.ts'
import { sharedFrame } from './shared-frame.ts'
import { nodeStatus, type StatusSources } from './status.ts'

/** What a node shows of itself and of what it believes, always as of now. */
export interface Views {
  status(): NodeStatus
  peers(): readonly PeerView[]
  neighbors(): readonly NeighborView[]
  /** For all readers, of HTTP and peers, the same one within a tenth of a second. */
  mapFrame(): Uint8Array
  snapshot(): MetricsSnapshot
}

/** A map with nothing on it yet is drawn around here: nobody flies at 0/0. */
const NOWHERE: MapFrame['origin'] = { latE7: 0, lonE7: 0, altMm: 0 }

export function createViews(
  init: Omit<StatusSources, 'now' | 'startedUs' | 'api'> & { readonly api: () => string },
): Views {
  const { agent, network } = init
  const startedUs = systemNow().monoUs
  let origin: MapFrame['origin'] | null = null
  const sources = (): StatusSources => ({
    ...init,
    startedUs,
    api: init.api(),
    now: systemNow(),
  })
  const nameOf = (other: AgentId): string | null => network.names.find(other)?.name ?? null
  const peers = (): readonly PeerView[] =>
    peerViews({
      ...network,
      dialing: new Set(network.host.getDialQueue().flatMap(({ peerId }) => peerId?.toString() ?? [])),
      joined: agent.sharing.interest.joined(),
      monoUs: systemNow().monoUs,
    })
  const status = (): NodeStatus => nodeStatus(sources())
  const makeFrame = (): Uint8Array => {
    const now = systemNow()
    // Once there is one it stays: the page draws everything relative to it.
    origin ??= mapOrigin(agent, now)
    return mapFrame({ agent, now, status: status(), peers: peers(), nameOf, origin: origin ?? NOWHERE })
  }
  return {
    status,
    peers,
    neighbors: () => neighborViews(agent, systemNow(), nameOf),
    mapFrame: sharedFrame(makeFrame, () => systemNow().monoUs),
    snapshot: () => metricsSnapshot(sources(), status(), peers()),
  }
}

import type { Gossip } from '../../protocols/gossip/gossip.ts'
import type { Links } from '../../protocols/hello/links.ts'
import { positionTopic } from '../../protocols/position/topic.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import type { Gone } from '../host/network.ts'
import type { PeerKeeper } from '../host/peer-keeper.ts'
import { type PeerView, ROLES, type Role } from '../interface.ts'

export interface PeerSources {
  readonly links: Links
  readonly keeper: PeerKeeper
  readonly gossip: Gossip
  readonly gone: ReadonlyMap<AgentId, Gone>
  readonly joined: readonly CellId[]
  readonly monoUs: number
}

/** Peers in the gossip mesh of at least one topic. */
function meshPeers(gossip: Gossip, joined: readonly CellId[]): ReadonlySet<AgentId> {
  return new Set(joined.flatMap(cell => gossip.meshPeers(positionTopic(cell))))
}

/** Everyone this node is, was or wants to be connected to: connected first, then by id. */
export function peerViews(sources: PeerSources): readonly PeerView[] {
  const mesh = meshPeers(sources.gossip, sources.joined)
  const agents = new Set<AgentId>(sources.links.peers())
  for (const { agent } of sources.keeper.known()) if (agent !== null) agents.add(agent)
  return [...agents]
    .map(agent => peerView(agent, sources, mesh))
    .sort(
      (a, b) =>
        Number(b.state === 'connected') - Number(a.state === 'connected') || (a.agent < b.agent ? -1 : 1),
    )
}

function peerView(agent: AgentId, sources: PeerSources, mesh: ReadonlySet<AgentId>): PeerView {
  const { links, keeper, gone, monoUs } = sources
  const link = links.link(agent)
  const connection = links.connection(agent)
  const hello = link?.hello ?? null
  const booked = keeper.known().find(known => known.agent === agent)
  return {
    agent,
    name: hello?.name ?? null,
    role: roleOf(hello?.role),
    state: link !== undefined ? 'connected' : (gone.get(agent) ?? 'dialing'),
    path:
      connection === undefined ? null : isRelayed(connection.remoteAddr.toString()) ? 'relayed' : 'direct',
    rttMs: link?.rttMs == null ? null : Math.round(link.rttMs * 100) / 100,
    addresses: connection === undefined ? (booked?.addresses ?? []) : [connection.remoteAddr.toString()],
    version: hello?.version ?? null,
    clockOffsetMs: link?.clockOffsetMs == null ? null : Math.round(link.clockOffsetMs),
    mesh: mesh.has(agent),
    lastSeenMs: link === undefined ? null : Math.round((monoUs - link.lastHeardUs) / 1000),
  }
}

/** A role as the peer says it; one that this version doesn't know is no role. */
function roleOf(text: string | undefined): Role | null {
  return ROLES.find(role => role === text) ?? null
}

/** Whether a connection runs through a circuit relay. */
function isRelayed(address: string): boolean {
  return address.includes('/p2p-circuit')
}

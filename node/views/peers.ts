import type { Gossip } from '../../protocols/gossip/gossip.ts'
import type { Links } from '../../protocols/hello/links.ts'
import { positionTopic } from '../../protocols/position/topic.ts'
import { ROLES, type Role } from '../../src/policy/roles.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import type { Gone } from '../host/gone.ts'
import type { NameBook } from '../host/name-book.ts'
import type { PeerKeeper } from '../host/peer-keeper.ts'
import type { PeerView } from '../interface.ts'

export interface PeerSources {
  readonly links: Pick<Links, 'peers' | 'link' | 'connection'>
  readonly keeper: Pick<PeerKeeper, 'known'>
  readonly gossip: Pick<Gossip, 'meshPeers'>
  readonly names: Pick<NameBook, 'find'>
  readonly gone: ReadonlyMap<AgentId, Gone>
  readonly dialing: ReadonlySet<AgentId>
  readonly joined: readonly CellId[]
  readonly monoUs: number
}

/** What is looked up for each peer, gathered once for all of them. */
interface Lookups {
  readonly mesh: ReadonlySet<AgentId>
  readonly addresses: ReadonlyMap<AgentId, readonly string[]>
}

/** Everyone this node is, was or wants to be connected to: connected first, then by id. */
export function peerViews(sources: PeerSources): readonly PeerView[] {
  const { links, keeper, gossip, joined } = sources
  const addresses = new Map(
    keeper.known().flatMap(known => (known.agent === null ? [] : [[known.agent, known.addresses] as const])),
  )
  const lookups = {
    addresses,
    mesh: new Set(joined.flatMap(cell => gossip.meshPeers(positionTopic(cell)))),
  }
  return [...new Set([...links.peers(), ...addresses.keys()])]
    .map(agent => peerView(agent, sources, lookups))
    .sort(
      (a, b) =>
        Number(b.state === 'connected') - Number(a.state === 'connected') || (a.agent < b.agent ? -1 : 1),
    )
}

function peerView(agent: AgentId, sources: PeerSources, { mesh, addresses }: Lookups): PeerView {
  const { links, names, gone, dialing, monoUs } = sources
  const link = links.link(agent)
  const connection = links.connection(agent)
  const hello = link?.hello ?? null
  const named = names.find(agent)
  const went = gone.get(agent)
  const pending = dialing.has(agent) ? 'dialing' : 'known'
  return {
    agent,
    name: named?.name ?? null,
    role: roleOf(named?.role),
    state: link !== undefined ? 'connected' : (went?.state ?? pending),
    why: link !== undefined ? null : (went?.why ?? null),
    path:
      connection === undefined ? null : isRelayed(connection.remoteAddr.toString()) ? 'relayed' : 'direct',
    rttMs: link?.rttMs == null ? null : Math.round(link.rttMs * 100) / 100,
    addresses: connection === undefined ? (addresses.get(agent) ?? []) : [connection.remoteAddr.toString()],
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

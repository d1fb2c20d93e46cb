import {
  encodeMapFrame,
  type MapCell,
  type MapFrame,
  type MapLink,
  type MapObject,
} from '../../protocols/map/frame.ts'
import type { Agent, Neighbor } from '../../src/agent/agent.ts'
import { cellCorners } from '../../src/geo/cells.ts'
import type { AgentId, CellId, Now } from '../../src/ports.ts'
import { extrapolate } from '../../src/position/dead-reckoning.ts'
import type { Interest } from '../../src/position/interest.ts'
import type { VehicleFix } from '../../src/position/position.ts'
import type { NodeStatus, PeerView } from '../interface.ts'

export interface MapSources {
  readonly agent: Agent
  readonly now: Now
  readonly status: NodeStatus
  readonly peers: readonly PeerView[]
  readonly nameOf: (agent: AgentId) => string | null
  readonly origin: MapFrame['origin']
}

/** One frame of the live map: what this node believes now. */
export function mapFrame(sources: MapSources): Uint8Array {
  const { agent, now, status, peers } = sources
  const roles = new Map(peers.map(peer => [peer.agent, peer.role]))
  const objects = [
    ...ownObject(sources),
    ...agent.neighbors(now).map(neighbor => neighborObject(neighbor, roles, sources.nameOf)),
  ]
  return encodeMapFrame({
    atMs: Math.round(agent.clock.read(now)),
    self: { agent: status.agent, name: status.name, role: status.role },
    origin: sources.origin,
    cells: mapCells(agent.sharing.interest),
    objects,
    links: mapLinks(objects, status.agent, peers),
    health: {
      worldModelAgeMs: status.worldModelAgeMs,
      peersConnected: status.peers.connected,
      peersKnown: status.peers.known,
      logSeq: status.log.durableSeq,
      logWhole: status.log.health === 'whole',
      clockTrusted: status.clock.trusted,
      clockOffsetMs: status.clock.offsetMs,
      clockBoundMs: status.clock.boundMs,
    },
  })
}

/**
 * Where the drawn plane touches the earth: on the ground under the first vehicle seen that says its height or
 * stands there; else at the lowest one, for want of better; null while nobody is known.
 */
export function mapOrigin(agent: Agent, now: Now): MapFrame['origin'] | null {
  const own = agent.sharing.latest?.fix
  const neighbors = agent.neighbors(now).map(({ heard }) => heard.signed.position)
  const fixes: readonly VehicleFix[] = own === undefined ? neighbors : [own, ...neighbors]
  const measured = fixes.find(({ heightDm, status }) => heightDm !== null || status === 'Ground')
  const lowest = fixes.toSorted((a, b) => a.altMm - b.altMm)[0]
  const chosen = measured ?? lowest
  if (chosen === undefined) return null
  const { latE7, lonE7, altMm, heightDm } = chosen
  return { latE7, lonE7, altMm: altMm - (heightDm ?? 0) * 100 }
}

function ownObject({ agent, now, status }: MapSources): readonly MapObject[] {
  const latest = agent.sharing.latest
  if (latest === null) return []
  const { fix } = latest
  const ageMs = (now.monoUs - latest.atUs) / 1000
  return [
    {
      agent: status.agent,
      name: status.name,
      kind: status.role,
      belief: 'self',
      ...fix,
      ...extrapolate(fix, ageMs),
      ageMs: Math.round(ageMs),
      uncertaintyHDm: fix.accHDm ?? 0,
      uncertaintyVDm: fix.accVDm ?? 0,
      cell: agent.sharing.interest.own ?? '',
      boot: status.boot,
      seq: agent.counters.positionsPublished,
    },
  ]
}

function neighborObject(
  { heard, belief }: Neighbor,
  roles: ReadonlyMap<AgentId, PeerView['role']>,
  nameOf: MapSources['nameOf'],
): MapObject {
  const { position, cell } = heard.signed
  return {
    agent: position.agent,
    name: nameOf(position.agent) ?? '',
    kind: roles.get(position.agent) ?? 'unknown',
    belief: belief.kind,
    latE7: belief.latE7,
    lonE7: belief.lonE7,
    altMm: belief.altMm,
    heightDm: position.heightDm,
    vnCms: position.vnCms,
    veCms: position.veCms,
    vdCms: position.vdCms,
    headingCdeg: position.headingCdeg,
    batteryPct: position.batteryPct,
    status: position.status,
    ageMs: Math.round(belief.ageMs),
    uncertaintyHDm: Math.min(65_535, Math.round(belief.horizontalMm / 100)),
    uncertaintyVDm: Math.min(65_535, Math.round(belief.verticalMm / 100)),
    cell,
    boot: position.boot,
    seq: position.seq,
  }
}

function mapCells(interest: Interest): readonly MapCell[] {
  const ahead = interest.onlyAhead()
  const roleOf = (cell: CellId): MapCell['role'] => {
    if (cell === interest.own) return 'own'
    return ahead.has(cell) ? 'ahead' : 'joined'
  }
  return interest.joined().map(cell => ({ cell, role: roleOf(cell), corners: cellCorners(cell) }))
}

function mapLinks(
  objects: readonly MapObject[],
  self: AgentId,
  peers: readonly PeerView[],
): readonly MapLink[] {
  const indexOf = new Map(objects.map(({ agent }, index) => [agent, index]))
  const a = indexOf.get(self)
  if (a === undefined) return []
  return peers.flatMap(({ agent, state, path, mesh, rttMs }) => {
    const b = indexOf.get(agent)
    return state !== 'connected' || b === undefined ? [] : [{ a, b, path: path ?? 'direct', mesh, rttMs }]
  })
}

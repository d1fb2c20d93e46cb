import type { Agent, Neighbor } from '../../src/agent/agent.ts'
import { distanceM } from '../../src/geo/wgs84.ts'
import type { AgentId, Now } from '../../src/ports.ts'
import type { NeighborView } from '../interface.ts'

/** The neighbours as believed now, nearest first. `nameOf`: what a peer calls itself, if it is one of ours. */
export function neighborViews(
  agent: Agent,
  now: Now,
  nameOf: (agent: AgentId) => string | null,
): readonly NeighborView[] {
  const own = agent.sharing.latest?.fix ?? null
  return agent
    .neighbors(now)
    .map(neighbor => neighborView(neighbor, nameOf, own))
    .sort((a, b) => (a.distanceM ?? 0) - (b.distanceM ?? 0) || (a.agent < b.agent ? -1 : 1))
}

function neighborView(
  { heard, belief }: Neighbor,
  nameOf: (agent: AgentId) => string | null,
  own: { readonly latE7: number; readonly lonE7: number } | null,
): NeighborView {
  const { position, cell } = heard.signed
  return {
    agent: position.agent,
    name: nameOf(position.agent),
    belief: belief.kind,
    ageMs: Math.round(belief.ageMs),
    latDeg: belief.latE7 / 1e7,
    lngDeg: belief.lonE7 / 1e7,
    altitude: { valueM: belief.altMm / 1000, reference: 'W84' },
    uncertaintyM: { horizontal: belief.horizontalMm / 1000, vertical: belief.verticalMm / 1000 },
    velocityMps: { north: position.vnCms / 100, east: position.veCms / 100, up: -position.vdCms / 100 },
    headingDeg: position.headingCdeg === null ? null : position.headingCdeg / 100,
    batteryPct: position.batteryPct,
    status: position.status,
    cell,
    boot: position.boot,
    seq: position.seq,
    distanceM:
      own === null ? null : Math.round(distanceM(own.latE7, own.lonE7, belief.latE7, belief.lonE7) * 10) / 10,
  }
}

import type { AgentId } from '../../../src/ports.ts'
import type { Belief, Placed } from './enu.ts'

/** How two nodes' beliefs about one agent differ. A missing side is null. */
export interface Difference {
  readonly agent: AgentId
  readonly a: Placed | null
  readonly b: Placed | null
  /** Metres between the two beliefs at the same moment; null where one side has none. */
  readonly distanceM: number | null
  /** How much older the report behind b is, milliseconds. */
  readonly ageGapMs: number | null
  /** Worth a line on the map: missing on one side, apart, or a point here and a volume there. */
  readonly notable: boolean
}

export interface Divergence {
  readonly differences: readonly Difference[]
  readonly byAgent: ReadonlyMap<AgentId, Difference>
  readonly notable: number
  readonly missingInA: number
  readonly missingInB: number
  /** Of those both know; 0 when there is none. */
  readonly maxDistanceM: number
}

/** Below this two beliefs count as one: what dead reckoning may be off by between two reports. */
const NOTABLE_M = 3

/** Frames of two nodes are compared at the moment of the first; further apart than this they are not moved. */
const MOVE_MAX_S = 2

export function diverge(a: Belief, b: Belief): Divergence {
  const moveS = Math.min(MOVE_MAX_S, Math.max(-MOVE_MAX_S, (a.frame.atMs - b.frame.atMs) / 1000))
  const agents = new Set([...a.byAgent.keys(), ...b.byAgent.keys()])
  const differences: Difference[] = []
  let notable = 0
  let missingInA = 0
  let missingInB = 0
  let maxDistanceM = 0
  for (const agent of [...agents].sort()) {
    const difference = compare(agent, a.byAgent.get(agent) ?? null, b.byAgent.get(agent) ?? null, moveS)
    differences.push(difference)
    if (difference.notable) notable++
    if (difference.a === null) missingInA++
    if (difference.b === null) missingInB++
    maxDistanceM = Math.max(maxDistanceM, difference.distanceM ?? 0)
  }
  const byAgent = new Map(differences.map(d => [d.agent, d]))
  return { differences, byAgent, notable, missingInA, missingInB, maxDistanceM }
}

function compare(agent: AgentId, a: Placed | null, b: Placed | null, moveS: number): Difference {
  if (a === null || b === null) {
    return { agent, a, b, distanceM: null, ageGapMs: null, notable: true }
  }
  const distanceM = Math.hypot(b.x + b.vx * moveS - a.x, b.y + b.vy * moveS - a.y, b.z + b.vz * moveS - a.z)
  const sameShape = (a.object.belief === 'volume') === (b.object.belief === 'volume')
  return {
    agent,
    a,
    b,
    distanceM,
    ageGapMs: b.object.ageMs - a.object.ageMs,
    notable: distanceM > NOTABLE_M || !sameShape,
  }
}

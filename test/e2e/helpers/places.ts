import type { NodeProcess } from './node-process.ts'

export interface Place {
  readonly latDeg: number
  readonly lngDeg: number
  readonly altM: number
}

/** Over the lake of Zurich, in the middle of one cell. */
export const LAKE: Place = { latDeg: 47.354, lngDeg: 8.546, altM: 500 }

/** The i-th of places 30 m apart in a row to the north: all within one neighbourhood. */
export const spot = (i: number): Place => ({ ...LAKE, latDeg: LAKE.latDeg + (i - 4) * 0.000_27 })

/** A drone that flies up and down over 40 m around a spot. */
export const hovering = (i: number) => {
  const { latDeg, lngDeg, altM } = spot(i)
  const route = [altM + 20, altM + 60].map(alt => ({ latDeg, lngDeg, altM: alt }))
  return { kind: 'simulated', start: spot(i), route } as const
}

/** A station that stands at a spot. */
export const standing = (i: number) => ({ kind: 'fixed', start: spot(i) }) as const

/** What a program that is the vehicle says of itself. */
export const reportAt = (place: Place, status: 'Airborne' | 'Emergency' = 'Airborne') => ({
  latDeg: place.latDeg,
  lngDeg: place.lngDeg,
  altitude: { value: place.altM, reference: 'W84' as const, units: 'M' as const },
  velocityMps: { north: 0, east: 0, up: 0 },
  status,
})

/** Whom a node takes to be at a point now. */
export async function pointsOf(node: Pick<NodeProcess, 'client'>): Promise<readonly string[]> {
  const neighbors = await node.client.neighbors()
  return neighbors
    .filter(({ belief }) => belief === 'point')
    .map(({ agent }) => agent)
    .sort()
}

/** The agents of these nodes but for one, sorted as `pointsOf` sorts. */
export const others = (nodes: readonly NodeProcess[], but: NodeProcess): readonly string[] =>
  nodes
    .filter(node => node !== but)
    .map(({ agent }) => agent)
    .sort()

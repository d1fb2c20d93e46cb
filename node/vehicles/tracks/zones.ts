import { type EnuOrigin, toEnu } from '../../../src/geo/enu.ts'

/** A point on the ground, degrees x 1e7. */
export interface GroundPoint {
  readonly latE7: number
  readonly lonE7: number
}

/** An area drawn around part of a flight, and the speed or altitude that holds in it. */
export interface ValueZone {
  readonly outline: readonly GroundPoint[]
  readonly value: number
}

type Vec = readonly [eastM: number, northM: number]

/** Closer than this to an area's edge counts as inside. */
const INSIDE_M = 0.1

/**
 * The value at any place, given areas with values, by the convention of InterUSS flight drawings: inside an area its
 * value (of several, the first one's); outside all, the mean of all, each weighted by one over its distance.
 * null without areas. Flat metres around `origin`: good for a flight of some tens of kilometres.
 */
export function zoneField(
  zones: readonly ValueZone[],
  origin: EnuOrigin,
): (at: GroundPoint) => number | null {
  const flat = (point: GroundPoint): Vec => {
    const { eastM, northM } = toEnu(origin, { ...point, altMm: origin.altMm })
    return [eastM, northM]
  }
  const areas = zones.map(({ outline, value }) => ({ outline: outline.map(flat), value }))
  return at => {
    const point = flat(at)
    let weights = 0
    let sum = 0
    for (const { outline, value } of areas) {
      const distanceM = distanceTo(outline, point)
      if (distanceM < INSIDE_M) return value
      weights += 1 / distanceM
      sum += value / distanceM
    }
    return areas.length === 0 ? null : sum / weights
  }
}

/** 0 inside; else metres to the nearest edge. */
function distanceTo(outline: readonly Vec[], point: Vec): number {
  let nearestM = Number.POSITIVE_INFINITY
  let inside = false
  outline.forEach((b, i) => {
    const a = outline.at(i - 1) ?? b
    nearestM = Math.min(nearestM, distanceToEdge(a, b, point))
    if (crossesEastOf(a, b, point)) inside = !inside
  })
  return inside ? 0 : nearestM
}

function distanceToEdge([ax, ay]: Vec, [bx, by]: Vec, [px, py]: Vec): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length2 = dx * dx + dy * dy
  const share = length2 === 0 ? 0 : Math.min(Math.max(((px - ax) * dx + (py - ay) * dy) / length2, 0), 1)
  return Math.hypot(ax + share * dx - px, ay + share * dy - py)
}

/** Whether the ray from the point to the east crosses the edge; an odd number of crossings means inside. */
function crossesEastOf([ax, ay]: Vec, [bx, by]: Vec, [px, py]: Vec): boolean {
  if (ay > py === by > py) return false
  return ((bx - ax) * (py - ay)) / (by - ay) + ax > px
}

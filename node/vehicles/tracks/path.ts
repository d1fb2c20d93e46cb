import { distanceM, lonDifferenceE7, wrapLonE7 } from '../../../src/geo/wgs84.ts'
import type { TrackPoint } from '../../../src/vehicle/track.ts'

/** A vertex of a drawn path. */
export interface PathPoint {
  readonly latE7: number
  readonly lonE7: number
  readonly altM: number
}

/** How a path is to be flown at each of its places. */
export interface PathRules {
  readonly speedMps: (at: PathPoint) => number
  readonly altM: (at: PathPoint) => number
}

const STEP_MS = 1000
/** Two days of seconds: more is a mistake in the drawing, not a flight. */
const POINTS_MAX = 172_800
const SPEED_MIN_MPS = 0.2
/** Drawn altitudes may step; nothing flies up a step. */
const CLIMB_MAX_MPS = 5
const SAME_PLACE_M = 0.01

/**
 * Flies along a path, a point at each vertex and at least each second: times from the distance and the speed that
 * holds at each place, altitudes as the rules want them but climbing at most 5 m/s. null if it takes too long.
 */
export function flyPath(path: readonly [PathPoint, ...PathPoint[]], rules: PathRules): TrackPoint[] | null {
  const [start] = path
  const points = [trackPoint(start, 0, rules.altM(start), rules.altM(start))]
  const startAltM = rules.altM(start)
  let altM = startAltM
  let tMs = 0
  const add = (at: PathPoint, ms: number): void => {
    tMs += Math.max(1, Math.round(ms))
    const climbM = (CLIMB_MAX_MPS * ms) / 1000
    altM += Math.min(Math.max(rules.altM(at) - altM, -climbM), climbM)
    points.push(trackPoint(at, tMs, altM, startAltM))
  }
  for (let i = 1; i < path.length; i++) {
    const [from, to] = [path[i - 1] ?? start, path[i] ?? start]
    const lengthM = distanceM(from.latE7, from.lonE7, to.latE7, to.lonE7)
    if (lengthM < SAME_PLACE_M) {
      const steps = Math.ceil(Math.abs(rules.altM(to) - altM) / CLIMB_MAX_MPS)
      for (let step = 0; step < steps && points.length <= POINTS_MAX; step++) add(to, STEP_MS)
      continue
    }
    for (let doneM = 0; doneM < lengthM; ) {
      if (points.length > POINTS_MAX) return null
      const speedMps = Math.max(SPEED_MIN_MPS, rules.speedMps(along(from, to, doneM / lengthM)))
      const stepM = Math.min((speedMps * STEP_MS) / 1000, lengthM - doneM)
      doneM = lengthM - doneM - stepM < SAME_PLACE_M ? lengthM : doneM + stepM
      add(along(from, to, doneM / lengthM), (stepM * 1000) / speedMps)
    }
  }
  return points.length > POINTS_MAX ? null : points
}

function along(from: PathPoint, to: PathPoint, share: number): PathPoint {
  return {
    latE7: from.latE7 + (to.latE7 - from.latE7) * share,
    lonE7: from.lonE7 + lonDifferenceE7(to.lonE7, from.lonE7) * share,
    altM: from.altM + (to.altM - from.altM) * share,
  }
}

function trackPoint(at: PathPoint, tMs: number, altM: number, startAltM: number): TrackPoint {
  return {
    tMs,
    latE7: Math.round(at.latE7),
    lonE7: wrapLonE7(Math.round(at.lonE7)),
    altMm: Math.round(altM * 1000),
    heightDm: Math.round((altM - startAltM) * 10) + 0,
    velocityCms: null,
    headingCdeg: null,
    status: 'Airborne',
    batteryPct: null,
  }
}

import { lonDifferenceE7, metresPerE7, wrapLonE7 } from '../geo/wgs84.ts'
import type { VehicleFix } from './position.ts'

/** A point in space: degrees x 1e7, millimetres above the ellipsoid. */
export interface Point {
  readonly latE7: number
  readonly lonE7: number
  readonly altMm: number
}

type Moving = Pick<VehicleFix, 'latE7' | 'lonE7' | 'altMm' | 'vnCms' | 'veCms' | 'vdCms'>

/**
 * Where a report says its author is `elapsedMs` later: straight on at constant velocity. Author and neighbours
 * compute the same, so the author knows how wrong its neighbours are and reports only when that matters
 * (dead reckoning as in IEEE 1278.1, distributed interactive simulation).
 */
export function extrapolate(from: Moving, elapsedMs: number): Point {
  const scale = metresPerE7(from.latE7)
  const s = elapsedMs / 1000
  return {
    latE7: Math.round(from.latE7 + (from.vnCms * s) / 100 / scale.lat),
    lonE7: wrapLonE7(Math.round(from.lonE7 + (from.veCms * s) / 100 / scale.lon)),
    altMm: Math.round(from.altMm - from.vdCms * s * 10),
  }
}

/** Distance in space between two nearby points, millimetres. */
export function separationMm(a: Point, b: Point): number {
  const scale = metresPerE7(a.latE7)
  const northM = (a.latE7 - b.latE7) * scale.lat
  const eastM = lonDifferenceE7(a.lonE7, b.lonE7) * scale.lon
  return Math.hypot(northM * 1000, eastM * 1000, a.altMm - b.altMm)
}

/** How far, in millimetres, a neighbour that only knows `reported` would be off after `elapsedMs`. */
export function reckoningErrorMm(reported: Moving, actual: Point, elapsedMs: number): number {
  return separationMm(extrapolate(reported, elapsedMs), actual)
}

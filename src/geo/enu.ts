import { lonDifferenceE7, metresPerE7, wrapLonE7 } from './wgs84.ts'

const MEAN_RADIUS_M = 6_371_000
/** Below this scale (within a metre of a pole) longitude means nothing and is left as it is. */
const SCALE_MIN_M = 1e-9

/** Degrees x 1e7 and millimetres above the WGS84 ellipsoid. */
interface GeoPoint {
  readonly latE7: number
  readonly lonE7: number
  readonly altMm: number
}

/** The place that local metres are counted from. */
export interface EnuOrigin extends GeoPoint {
  /** The ground track is this much longer at the origin's height than on the ellipsoid. */
  readonly stretch: number
}

/** Metres east, north and up of an origin. */
export interface Enu {
  readonly eastM: number
  readonly northM: number
  readonly upM: number
}

export function enuOrigin(latE7: number, lonE7: number, altMm: number): EnuOrigin {
  return { latE7, lonE7, altMm, stretch: 1 + altMm / 1000 / MEAN_RADIUS_M }
}

/**
 * Local metres of a point. North and east are arcs: the difference in latitude times the meridian radius of
 * curvature M, the difference in longitude times the parallel's radius N cos(latitude), both taken at the
 * latitude half-way and at the origin's height. Up is the difference of the heights above the ellipsoid, not
 * the height above a tangent plane: whoever flies level stays level.
 *
 * Against exact geometry, distances are right to 1 part in 1e5 within 20 km below 70 degrees of latitude, plus
 * 1.6 parts in 1e4 per kilometre of height between the two points. The way back (`fromEnu`) is exact to the unit.
 */
export function toEnu(origin: EnuOrigin, point: GeoPoint): Enu {
  const scale = metresPerE7((point.latE7 + origin.latE7) / 2)
  return {
    eastM: lonDifferenceE7(point.lonE7, origin.lonE7) * scale.lon * origin.stretch,
    northM: (point.latE7 - origin.latE7) * scale.lat * origin.stretch,
    upM: (point.altMm - origin.altMm) / 1000,
  }
}

/** The point at these local metres, rounded to 1e-7 degrees and millimetres. */
export function fromEnu(origin: EnuOrigin, { eastM, northM, upM }: Enu): GeoPoint {
  const arcM = northM / origin.stretch
  // The latitude half-way is not known before the latitude; the first guess is right to 1e-5, the second to 1e-10.
  const guess = arcM / metresPerE7(origin.latE7).lat
  const latE7 = origin.latE7 + arcM / metresPerE7(origin.latE7 + guess / 2).lat
  const scale = metresPerE7((origin.latE7 + latE7) / 2)
  const lonStep = scale.lon < SCALE_MIN_M ? 0 : eastM / origin.stretch / scale.lon
  return {
    latE7: whole(latE7),
    lonE7: wrapLonE7(whole(origin.lonE7 + lonStep)),
    altMm: whole(origin.altMm + upM * 1000),
  }
}

/** Rounded, and never minus zero, which compares as another value. */
const whole = (value: number): number => Math.round(value) + 0

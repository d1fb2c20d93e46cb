const SEMI_MAJOR_M = 6_378_137
const FLATTENING = 1 / 298.257223563
const ECCENTRICITY_SQ = FLATTENING * (2 - FLATTENING)
const RAD_PER_E7 = Math.PI / 180 / 1e7

/** Metres that one 1e-7 degree of latitude and of longitude measures at a place. */
export interface MetresPerE7 {
  readonly lat: number
  readonly lon: number
}

/**
 * The scale of the map at a latitude, from the WGS84 radii of curvature in the meridian and the prime
 * vertical (Bowring). Right to 1 part in 1e5 within some kilometres, which is what dead reckoning spans.
 */
export function metresPerE7(latE7: number): MetresPerE7 {
  const lat = latE7 * RAD_PER_E7
  const sin = Math.sin(lat)
  const w2 = 1 - ECCENTRICITY_SQ * sin * sin
  const primeVerticalM = SEMI_MAJOR_M / Math.sqrt(w2)
  const meridianM = (primeVerticalM * (1 - ECCENTRICITY_SQ)) / w2
  return { lat: meridianM * RAD_PER_E7, lon: primeVerticalM * Math.cos(lat) * RAD_PER_E7 }
}

/** Longitude difference `a - b` in 1e-7 degrees the short way round, so that the date line is no border. */
export function lonDifferenceE7(a: number, b: number): number {
  const difference = a - b
  if (difference > 1_800_000_000) return difference - 3_600_000_000
  if (difference < -1_800_000_000) return difference + 3_600_000_000
  return difference
}

/** A longitude brought back into [-180, 180) degrees. */
export function wrapLonE7(lonE7: number): number {
  if (lonE7 >= 1_800_000_000) return lonE7 - 3_600_000_000
  if (lonE7 < -1_800_000_000) return lonE7 + 3_600_000_000
  return lonE7
}

/** Horizontal distance in metres between two nearby points (flat-earth; see `metresPerE7`). */
export function distanceM(latA: number, lonA: number, latB: number, lonB: number): number {
  const scale = metresPerE7(latA)
  return Math.hypot((latA - latB) * scale.lat, lonDifferenceE7(lonA, lonB) * scale.lon)
}

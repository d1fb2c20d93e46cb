import { lonDifferenceE7, type MetresPerE7, metresPerE7 } from '../geo/wgs84.ts'
import type { VehicleFix } from './position.ts'

type Moving = Pick<VehicleFix, 'latE7' | 'lonE7' | 'altMm' | 'vnCms' | 'veCms' | 'vdCms'>

/**
 * Whether two vehicles are, or going straight on within `lookaheadS` will be, nearer than `nearM` to each
 * other: closest point of approach, t = -(s . v) / |v|^2 clamped to the look-ahead. `other` is where it was
 * `otherAgeMs` ago. `scale` spares whoever asks about many from working it out each time.
 */
export function comesNear(
  own: Moving,
  other: Moving,
  nearM: number,
  lookaheadS: number,
  otherAgeMs = 0,
  scale: MetresPerE7 = metresPerE7(own.latE7),
): boolean {
  const ageS = otherAgeMs / 1000
  const n = (other.latE7 - own.latE7) * scale.lat + (other.vnCms / 100) * ageS
  const e = lonDifferenceE7(other.lonE7, own.lonE7) * scale.lon + (other.veCms / 100) * ageS
  const u = (other.altMm - own.altMm) / 1000 - (other.vdCms / 100) * ageS
  const vn = (other.vnCms - own.vnCms) / 100
  const ve = (other.veCms - own.veCms) / 100
  const vu = (own.vdCms - other.vdCms) / 100
  const speedSq = vn * vn + ve * ve + vu * vu
  const tS = speedSq === 0 ? 0 : Math.min(lookaheadS, Math.max(0, -(n * vn + e * ve + u * vu) / speedSq))
  const nT = n + vn * tS
  const eT = e + ve * tS
  const uT = u + vu * tS
  return nT * nT + eT * eT + uT * uT <= nearM * nearM
}

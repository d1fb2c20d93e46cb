import { extrapolate, type Point } from './dead-reckoning.ts'
import type { Position } from './position.ts'

/** Where a neighbour is, as far as its last report tells. */
export interface Belief extends Point {
  /** `point`: fresh, extrapolated to now. `volume`: silent for longer than its report holds; anywhere inside. */
  readonly kind: 'point' | 'volume'
  readonly ageMs: number
  /** How far the truth may be from the point given, millimetres. */
  readonly horizontalMm: number
  readonly verticalMm: number
}

/** Reports without an accuracy are taken to be this good: a plain GNSS fix. */
const UNKNOWN_ACC_H_DM = 50
const UNKNOWN_ACC_V_DM = 100
/** What a multirotor may do that its last report did not say, m/s2 = mm/ms2 * 1000. */
const MANOEUVRE_MPS2 = 5
/** A silent vehicle is taken to fly anywhere at up to this speed, m/s = mm/ms. */
const SILENT_SPEED_MPS = 15
const SILENT_CLIMB_MPS = 5
/** Beyond this the volume says "somewhere here" and growing further would only hide the map. */
const MAX_GROWTH_H_MM = 1_000_000
const MAX_GROWTH_V_MM = 150_000

/**
 * Turns a report of a given age into what may be believed now. `errorBoundMm` is the swarm's dead-reckoning
 * bound: even a perfect report lets its author stray that far before the next.
 *
 * Fresh: extrapolated, uncertain by accuracy + bound + 1/2 a t^2. Older than its validity: a volume around the
 * last reported point, never a point. It grows at the speed of a silent vehicle, or the reported one if that is
 * higher, and so holds all that was believed before: what grows old never becomes more certain.
 * What stands on the ground neither moves nor grows.
 */
export function believe(position: Position, ageMs: number, errorBoundMm: number): Belief {
  const restHMm = (position.accHDm ?? UNKNOWN_ACC_H_DM) * 100 + errorBoundMm
  const restVMm = (position.accVDm ?? UNKNOWN_ACC_V_DM) * 100 + errorBoundMm
  const kind = ageMs <= position.validMs ? 'point' : 'volume'
  const { latE7, lonE7, altMm } = position
  if (position.status === 'Ground') {
    return { latE7, lonE7, altMm, kind, ageMs, horizontalMm: restHMm, verticalMm: restVMm }
  }
  const manoeuvreMm = (MANOEUVRE_MPS2 / 2) * (Math.min(ageMs, position.validMs) / 1000) ** 2 * 1000
  if (kind === 'point') {
    const horizontalMm = Math.ceil(restHMm + manoeuvreMm)
    const verticalMm = Math.ceil(restVMm + manoeuvreMm)
    return { ...extrapolate(position, ageMs), kind, ageMs, horizontalMm, verticalMm }
  }
  // A thousandth more covers the flat-earth scale over the distance flown.
  const speedMps = 1.001 * Math.max(SILENT_SPEED_MPS, Math.hypot(position.vnCms, position.veCms) / 100)
  const climbMps = Math.max(SILENT_CLIMB_MPS, Math.abs(position.vdCms) / 100)
  const horizontalMm = Math.ceil(
    restHMm + manoeuvreMm + growthMm(speedMps, ageMs, position.validMs, MAX_GROWTH_H_MM),
  )
  const verticalMm = Math.ceil(
    restVMm + manoeuvreMm + growthMm(climbMps, ageMs, position.validMs, MAX_GROWTH_V_MM),
  )
  return { latE7, lonE7, altMm, kind, ageMs, horizontalMm, verticalMm }
}

/** How far something silent may have gone. It ends at `maxMm`, but never short of where it was believed last. */
function growthMm(speedMps: number, ageMs: number, validMs: number, maxMm: number): number {
  return Math.min(speedMps * ageMs, Math.max(maxMm, speedMps * validMs))
}

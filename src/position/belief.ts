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
const MAX_HORIZONTAL_MM = 1_000_000
const MAX_VERTICAL_MM = 150_000

/**
 * Turns a report of a given age into what may be believed now. `errorBoundMm` is the swarm's dead-reckoning
 * bound: even a perfect report lets its author stray that far before the next.
 *
 * Fresh: extrapolated, uncertain by accuracy + bound + 1/2 a t^2. Older than its validity: a volume around
 * the last reported point that grows at the speed of a silent vehicle, never a point.
 */
export function believe(position: Position, ageMs: number, errorBoundMm: number): Belief {
  const accHMm = (position.accHDm ?? UNKNOWN_ACC_H_DM) * 100
  const accVMm = (position.accVDm ?? UNKNOWN_ACC_V_DM) * 100
  if (ageMs <= position.validMs) {
    const manoeuvreMm = (MANOEUVRE_MPS2 / 2) * (ageMs / 1000) ** 2 * 1000
    const here = extrapolate(position, ageMs)
    return {
      ...here,
      kind: 'point',
      ageMs,
      horizontalMm: Math.round(accHMm + errorBoundMm + manoeuvreMm),
      verticalMm: Math.round(accVMm + errorBoundMm + manoeuvreMm),
    }
  }
  const grounded = position.status === 'Ground'
  return {
    latE7: position.latE7,
    lonE7: position.lonE7,
    altMm: position.altMm,
    kind: 'volume',
    ageMs,
    horizontalMm: grounded
      ? accHMm
      : Math.min(MAX_HORIZONTAL_MM, Math.round(accHMm + SILENT_SPEED_MPS * ageMs)),
    verticalMm: grounded ? accVMm : Math.min(MAX_VERTICAL_MM, Math.round(accVMm + SILENT_CLIMB_MPS * ageMs)),
  }
}

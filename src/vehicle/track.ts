import { distanceM, lonDifferenceE7, metresPerE7, wrapLonE7 } from '../geo/wgs84.ts'
import type { PositionStatus, VehicleFix } from '../position/position.ts'

const FULL_CIRCLE_CDEG = 36_000
/** Slower than this, the direction of movement is noise. */
const COURSE_MIN_CMS = 50
/** Closer than this, the end of a track is taken for its start. */
const CLOSED_M = 1

/** A recorded moment. Units as in VehicleFix; null = the recording does not say. */
export interface TrackPoint {
  /** Milliseconds since the start of the track. */
  readonly tMs: number
  readonly latE7: number
  readonly lonE7: number
  /** W84: height above the ellipsoid. */
  readonly altMm: number
  readonly heightDm: number | null
  readonly velocityCms: { readonly north: number; readonly east: number; readonly down: number } | null
  readonly headingCdeg: number | null
  readonly status: PositionStatus
  readonly batteryPct: number | null
}

/** A recorded flight: points with rising times, the first at 0. */
export interface Track {
  readonly name: string
  readonly points: readonly [TrackPoint, ...TrackPoint[]]
}

/** How long the track takes, milliseconds. */
export function trackDurationMs({ points }: Track): number {
  return (points.at(-1) ?? points[0]).tMs
}

/**
 * Where the vehicle was at `tMs`: straight on between two recorded points; before the first and after the last,
 * standing there. Velocities the recording lacks are those of the straight line; a heading it lacks is the
 * direction of movement, null when there is hardly any.
 */
export function trackAt(track: Track, tMs: number): VehicleFix {
  const { points } = track
  const first = points[0]
  const last = points.at(-1) ?? first
  if (!(tMs > first.tMs) || points.length === 1) return standing(first)
  if (tMs >= last.tMs) return standing(last)
  const next = indexAfter(points, tMs)
  return between(points[next - 1] ?? first, points[next] ?? last, tMs)
}

/** Closes a track for endless replay: from its end straight back to its start, at `speedMps`. */
export function closeTrack(track: Track, speedMps: number): Track {
  const first = track.points[0]
  const last = track.points.at(-1) ?? first
  const gapM = Math.hypot(
    distanceM(first.latE7, first.lonE7, last.latE7, last.lonE7),
    (first.altMm - last.altMm) / 1000,
  )
  if (gapM < CLOSED_M) return track
  const tMs = last.tMs + Math.ceil((gapM / speedMps) * 1000)
  // The way back was never flown: its velocity and heading follow from the line, at both of its ends.
  const leaving: TrackPoint = {
    ...last,
    tMs: last.tMs + 1,
    velocityCms: null,
    headingCdeg: null,
    status: 'Airborne',
  }
  const arriving: TrackPoint = { ...first, tMs: tMs + 1, velocityCms: null, headingCdeg: null }
  return { name: track.name, points: [...track.points, leaving, arriving] }
}

/** Index of the first point after `tMs`; the caller knows that there is one, and that it isn't the first. */
function indexAfter(points: readonly TrackPoint[], tMs: number): number {
  let low = 1
  let high = points.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]?.tMs ?? 0) > tMs) high = middle
    else low = middle + 1
  }
  return low
}

function standing(point: TrackPoint): VehicleFix {
  const { latE7, lonE7, altMm, heightDm, headingCdeg, status, batteryPct } = point
  const still = { vnCms: 0, veCms: 0, vdCms: 0, accHDm: null, accVDm: null }
  return { latE7, lonE7, altMm, heightDm, headingCdeg, status, batteryPct, ...still }
}

function between(a: TrackPoint, b: TrackPoint, tMs: number): VehicleFix {
  const f = (tMs - a.tMs) / (b.tMs - a.tMs)
  const mix = (from: number, to: number): number => from + (to - from) * f
  const line = lineVelocity(a, b)
  const [from, to] = [a.velocityCms ?? line, b.velocityCms ?? line]
  const vnCms = whole(mix(from.north, to.north))
  const veCms = whole(mix(from.east, to.east))
  return {
    latE7: whole(mix(a.latE7, b.latE7)),
    lonE7: wrapLonE7(whole(a.lonE7 + lonDifferenceE7(b.lonE7, a.lonE7) * f)),
    altMm: whole(mix(a.altMm, b.altMm)),
    heightDm: a.heightDm === null || b.heightDm === null ? a.heightDm : whole(mix(a.heightDm, b.heightDm)),
    vnCms,
    veCms,
    vdCms: whole(mix(from.down, to.down)),
    headingCdeg: headingBetween(a.headingCdeg, b.headingCdeg, f) ?? courseCdeg(vnCms, veCms),
    accHDm: null,
    accVDm: null,
    status: a.status,
    batteryPct: a.batteryPct,
  }
}

function lineVelocity(a: TrackPoint, b: TrackPoint): NonNullable<TrackPoint['velocityCms']> {
  const scale = metresPerE7((a.latE7 + b.latE7) / 2)
  const perS = 100_000 / (b.tMs - a.tMs)
  return {
    north: (b.latE7 - a.latE7) * scale.lat * perS,
    east: lonDifferenceE7(b.lonE7, a.lonE7) * scale.lon * perS,
    down: ((a.altMm - b.altMm) / 1000) * perS,
  }
}

/** The short way round: from 359 to 1 degree leads over north. */
function headingBetween(a: number | null, b: number | null, f: number): number | null {
  if (a === null || b === null) return a
  const half = FULL_CIRCLE_CDEG / 2
  const turn = ((((b - a + half) % FULL_CIRCLE_CDEG) + FULL_CIRCLE_CDEG) % FULL_CIRCLE_CDEG) - half
  return wrapCdeg(a + turn * f)
}

function courseCdeg(northCms: number, eastCms: number): number | null {
  if (Math.hypot(northCms, eastCms) < COURSE_MIN_CMS) return null
  return wrapCdeg((Math.atan2(eastCms, northCms) * FULL_CIRCLE_CDEG) / (2 * Math.PI))
}

function wrapCdeg(cdeg: number): number {
  const rounded = Math.round(cdeg) % FULL_CIRCLE_CDEG
  return rounded < 0 ? rounded + FULL_CIRCLE_CDEG : rounded
}

/** Rounded, and never minus zero, which compares as another value. */
const whole = (value: number): number => Math.round(value) + 0

import {
  type MavlinkFrame,
  readTlog,
  type Skipped,
  type TlogFrame,
} from '../../../protocols/mavlink/index.ts'
import type { PositionStatus } from '../../../src/position/position.ts'
import type { Track, TrackPoint } from '../../../src/vehicle/track.ts'
import { type TrackFile, TrackFileError, type TrackOptions, undulationMm } from './track-file.ts'

/** A boot clock that goes back by more than this was started anew; less is the radio mixing up the order. */
const REBOOT_MS = 10_000
const FIX_3D = 3
/** MAV_AUTOPILOT_INVALID: a heartbeat of something that is no vehicle, such as a ground station. */
const NO_AUTOPILOT = 8
/** MAV_STATE: below this the vehicle boots or waits; above, it is in trouble. */
const STATE_ACTIVE = 4
const WARNED_MAX = 3

/** What is known of one vehicle while the log is read. */
interface Vehicle {
  readonly systemId: number
  readonly points: TrackPoint[]
  status: PositionStatus
  batteryPct: number | null
  /** Added to the boot clock, so that time goes on through a reboot. */
  shiftMs: number
  newestBootMs: number
  newestArrivalMs: number
}

/**
 * The flights of a MAVLink telemetry log, one per vehicle (`system 1`, …): GLOBAL_POSITION_INT with the status of
 * HEARTBEAT and the battery of SYS_STATUS. Time is the vehicle's boot clock, not the log's: a radio delivers
 * in bursts. A log cut short is read as far as it goes.
 */
export function tlogTracks(bytes: Uint8Array, file: string, options: TrackOptions): TrackFile {
  const { frames, skipped } = readTlog(bytes)
  const warnings = skippedWarnings(file, skipped)
  const vehicles = new Map<number, Vehicle>()
  let withoutFix = 0
  for (const frame of frames) {
    if (frame.name === 'GLOBAL_POSITION_INT' && frame.fields.latE7 === 0 && frame.fields.lonE7 === 0)
      withoutFix++
    else absorb(vehicles, frame)
  }
  if (withoutFix > 0)
    warnings.push(`${file}: ${withoutFix} positions at 0/0 left out; the vehicle had no fix yet`)

  const flown = [...vehicles.values()]
    .filter(v => v.points.length > 0)
    .sort((a, b) => a.systemId - b.systemId)
  if (flown.length === 0)
    throw new TrackFileError(
      'no-track',
      file,
      null,
      'holds no GLOBAL_POSITION_INT, so no flight; is it a MAVLink .tlog?',
    )
  const offsetMm = undulationMm(options.geoidUndulationM ?? measuredUndulationM(frames), file, warnings)
  const [first, ...others] = flown.map(vehicle => toTrack(vehicle, offsetMm))
  if (!first) throw new TrackFileError('no-track', file, null, 'holds no flight')
  return { tracks: [first, ...others], warnings }
}

function absorb(vehicles: Map<number, Vehicle>, frame: TlogFrame): void {
  const vehicle = vehicles.get(frame.systemId) ?? {
    systemId: frame.systemId,
    points: [],
    status: 'Undeclared',
    batteryPct: null,
    shiftMs: 0,
    newestBootMs: Number.NEGATIVE_INFINITY,
    newestArrivalMs: 0,
  }
  vehicles.set(frame.systemId, vehicle)
  if (frame.name === 'HEARTBEAT' && frame.fields.autopilot !== NO_AUTOPILOT)
    vehicle.status = statusOf(frame.fields.systemStatus)
  else if (frame.name === 'SYS_STATUS') vehicle.batteryPct = percent(frame.fields.batteryPct)
  else if (frame.name === 'GLOBAL_POSITION_INT') addPoint(vehicle, frame)
}

function addPoint(vehicle: Vehicle, frame: Extract<TlogFrame, { name: 'GLOBAL_POSITION_INT' }>): void {
  const { timeBootMs, latE7, lonE7, altAmslMm, altHomeMm, headingDeg } = frame.fields
  const arrivalMs = frame.timeUs / 1000
  if (timeBootMs < vehicle.newestBootMs - REBOOT_MS) {
    const pauseMs = Math.max(1, Math.round(arrivalMs - vehicle.newestArrivalMs))
    vehicle.shiftMs += vehicle.newestBootMs + pauseMs - timeBootMs
    vehicle.newestBootMs = timeBootMs
  }
  vehicle.newestBootMs = Math.max(vehicle.newestBootMs, timeBootMs)
  vehicle.newestArrivalMs = arrivalMs
  vehicle.points.push({
    tMs: timeBootMs + vehicle.shiftMs,
    latE7,
    lonE7,
    altMm: altAmslMm,
    heightDm: Math.round(altHomeMm / 100),
    velocityCms: {
      north: Math.round(frame.fields.vNorthMps * 100),
      east: Math.round(frame.fields.vEastMps * 100),
      down: Math.round(frame.fields.vDownMps * 100),
    },
    headingCdeg: headingDeg === null ? null : Math.round(headingDeg * 100) % 36_000,
    status: vehicle.status,
    batteryPct: vehicle.batteryPct,
  })
}

/** In order of the vehicle's clock, each moment once, from 0, above the ellipsoid. */
function toTrack({ systemId, points }: Vehicle, offsetMm: number): Track {
  const inOrder = points.toSorted((a, b) => a.tMs - b.tMs)
  const startMs = inOrder[0]?.tMs ?? 0
  const timed = inOrder
    .filter((point, i) => point.tMs !== inOrder[i - 1]?.tMs)
    .map(point => ({ ...point, tMs: point.tMs - startMs, altMm: point.altMm + offsetMm }))
  const [first, ...others] = timed
  if (!first) throw new RangeError('a vehicle without points makes no track')
  return { name: `system ${systemId}`, points: [first, ...others] }
}

/** Newer receivers tell both heights, so the log itself knows how high the sea stands. */
function measuredUndulationM(frames: readonly MavlinkFrame[]): number | null {
  for (const frame of frames) {
    if (frame.name !== 'GPS_RAW_INT') continue
    const { altW84Mm, altAmslMm, fixType } = frame.fields
    if (altW84Mm !== null && fixType >= FIX_3D) return (altW84Mm - altAmslMm) / 1000
  }
  return null
}

function statusOf(mavState: number): PositionStatus {
  if (mavState === 0) return 'Undeclared'
  if (mavState < STATE_ACTIVE) return 'Ground'
  return mavState === STATE_ACTIVE ? 'Airborne' : 'Emergency'
}

const percent = (value: number | null): number | null =>
  value === null ? null : Math.min(Math.max(value, 0), 100)

function skippedWarnings(file: string, skipped: readonly Skipped[]): string[] {
  const told = skipped
    .slice(0, WARNED_MAX)
    .map(({ offset, length, reason }) =>
      reason === 'truncated'
        ? `${file}: cut off in the record at byte ${offset}; everything before it is flown, ${length} bytes are left out`
        : `${file}: ${length} bytes at byte ${offset} are no MAVLink (${reason}); left out`,
    )
  const more = skipped.length - told.length
  return more > 0 ? [...told, `${file}: and ${more} more places like these`] : told
}

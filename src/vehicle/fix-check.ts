import { distanceM } from '../geo/wgs84.ts'
import type { Now } from '../ports.ts'
import { POSITION_STATUSES, type VehicleFix } from '../position/position.ts'

/** A receiver without a fix says 0/0; this close to it (11 m), nobody flies. */
const NULL_ISLAND_E7 = 1000
const JUMP_MAX_MPS = 150
/** Two fixes closer in time than this are taken to be this far apart: a burst is not a jump. */
const INTERVAL_MIN_MS = 100

/** How old or how far ahead of our clock a fix that tells its time may be. */
const AGE_MAX_MS = 5_000
const AHEAD_MAX_MS = 1_000

/** Least and greatest value of each field; `null` is allowed where VehicleFix allows it. */
const RANGES = {
  latE7: { min: -900_000_000, max: 900_000_000, takes: 'degrees x 1e7, -90 to 90 degrees' },
  lonE7: { min: -1_800_000_000, max: 1_800_000_000, takes: 'degrees x 1e7, -180 to 180 degrees' },
  altMm: {
    min: -1_000_000,
    max: 12_000_000,
    takes: 'millimetres above the WGS84 ellipsoid, -1,000 to 12,000 m',
  },
  vnCms: { min: -15_000, max: 15_000, takes: 'centimetres per second, -150 to 150 m/s' },
  veCms: { min: -15_000, max: 15_000, takes: 'centimetres per second, -150 to 150 m/s' },
  vdCms: { min: -15_000, max: 15_000, takes: 'centimetres per second, -150 to 150 m/s' },
  heightDm: { min: -32_767, max: 32_767, takes: 'decimetres, or null', nullable: true },
  headingCdeg: { min: 0, max: 35_999, takes: 'hundredths of a degree, 0 to 35999, or null', nullable: true },
  accHDm: { min: 0, max: 65_534, takes: 'decimetres, or null', nullable: true },
  accVDm: { min: 0, max: 65_534, takes: 'decimetres, or null', nullable: true },
  batteryPct: { min: 0, max: 100, takes: 'percent, 0 to 100, or null', nullable: true },
} as const satisfies Partial<Record<keyof VehicleFix, Range>>

interface Range {
  readonly min: number
  readonly max: number
  readonly takes: string
  readonly nullable?: true
}

export type FixRefusalCode =
  /** A field is NaN, infinite, a fraction or missing. */
  | 'not-an-integer'
  | 'out-of-range'
  /** 0/0: what a receiver without a fix says. */
  | 'null-island'
  | 'future'
  | 'too-old'
  /** Further from the last fix than anything flies. */
  | 'jump'
  /** Said by the shell: whoever should take the fix is starting or stopping. */
  | 'not-running'

/** A fix that is not taken for a position: a bad one would be believed by the whole neighbourhood. */
export class FixRefusedError extends Error {
  override readonly name = 'FixRefusedError'
  readonly code: FixRefusalCode
  /** The field at fault; null = the fix as a whole. */
  readonly field: keyof VehicleFix | null

  constructor(code: FixRefusalCode, field: keyof VehicleFix | null, message: string) {
    super(message)
    this.code = code
    this.field = field
  }
}

/** The last fix that was taken, and when (monotonic). */
export interface TakenFix {
  readonly fix: VehicleFix
  readonly monoUs: number
}

/**
 * Why a fix must not be taken, or null if it may.
 * `sampledMs`: UTC at which the vehicle was there, if it says so. `previous`: the last fix taken, if any. A jump is
 * measured by our own monotonic clock, so that a vehicle that really moved is believed again after a while.
 */
export function checkFix(
  fix: VehicleFix,
  sampledMs: number | null,
  previous: TakenFix | null,
  now: Now,
): FixRefusedError | null {
  return checkFields(fix) ?? checkPlace(fix) ?? checkTime(sampledMs, now) ?? checkJump(fix, previous, now)
}

function checkFields(fix: VehicleFix): FixRefusedError | null {
  for (const [name, range] of Object.entries<Range>(RANGES)) {
    const field = name as keyof typeof RANGES
    // The caller may be a program without types.
    const value: unknown = fix[field]
    if (value === null && range.nullable) continue
    if (typeof value !== 'number' || !Number.isInteger(value))
      return new FixRefusedError(
        'not-an-integer',
        field,
        `${field} is ${told(value)}; it takes an integer: ${range.takes}`,
      )
    if (value < range.min || value > range.max)
      return new FixRefusedError('out-of-range', field, `${field} is ${value}; it takes ${range.takes}`)
  }
  if (!POSITION_STATUSES.includes(fix.status)) {
    const known = POSITION_STATUSES.join(', ')
    return new FixRefusedError(
      'out-of-range',
      'status',
      `status is ${told(fix.status)}; it takes one of ${known}`,
    )
  }
  return null
}

/** A value in words. An object's own words are not asked for: it may have none, and then conversion throws. */
function told(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? 'an object'
    : typeof value === 'function'
      ? 'a function'
      : String(value)
}

function checkPlace({ latE7, lonE7 }: VehicleFix): FixRefusedError | null {
  if (Math.abs(latE7) > NULL_ISLAND_E7 || Math.abs(lonE7) > NULL_ISLAND_E7) return null
  return new FixRefusedError(
    'null-island',
    'latE7',
    'the position is 0/0, which a receiver says that has no fix; send nothing until it has one',
  )
}

function checkTime(sampledMs: number | null, now: Now): FixRefusedError | null {
  if (sampledMs === null) return null
  const aheadMs = sampledMs - now.wallMs
  if (!Number.isFinite(aheadMs))
    return new FixRefusedError(
      'not-an-integer',
      null,
      `its time is ${sampledMs}; it takes milliseconds since 1970`,
    )
  if (aheadMs > AHEAD_MAX_MS)
    return new FixRefusedError(
      'future',
      null,
      `it is from ${(aheadMs / 1000).toFixed(1)} s in the future; at most ${AHEAD_MAX_MS / 1000} s is taken. Set the clocks of vehicle and node by one source`,
    )
  if (aheadMs < -AGE_MAX_MS)
    return new FixRefusedError(
      'too-old',
      null,
      `it is ${(-aheadMs / 1000).toFixed(1)} s old; at most ${AGE_MAX_MS / 1000} s is taken. Send fixes as they are made, and set the clocks by one source`,
    )
  return null
}

function checkJump(fix: VehicleFix, previous: TakenFix | null, now: Now): FixRefusedError | null {
  if (!previous) return null
  const intervalMs = Math.max((now.monoUs - previous.monoUs) / 1000, INTERVAL_MIN_MS)
  const last = previous.fix
  const movedM = Math.hypot(
    distanceM(last.latE7, last.lonE7, fix.latE7, fix.lonE7),
    (fix.altMm - last.altMm) / 1000,
  )
  const speedMps = (movedM * 1000) / intervalMs
  if (speedMps <= JUMP_MAX_MPS) return null
  return new FixRefusedError(
    'jump',
    null,
    `it is ${movedM.toFixed(0)} m from the last fix ${(intervalMs / 1000).toFixed(1)} s ago (${speedMps.toFixed(0)} m/s; at most ${JUMP_MAX_MPS} is taken)`,
  )
}

import type { Track } from '../../../src/vehicle/track.ts'

export interface TrackOptions {
  /**
   * Height of mean sea level above the WGS84 ellipsoid where the flight took place, metres: Zurich +47.4, Canberra
   * +19, Washington -33. Recordings mostly count from the sea, Skein from the ellipsoid.
   * null = not known: a recording that has both heights is believed, else 0 is taken and a warning says so.
   */
  readonly geoidUndulationM: number | null
}

/** What a recording holds. */
export interface TrackFile {
  /** At least one. */
  readonly tracks: readonly [Track, ...Track[]]
  /** What was left out or assumed, for a human. */
  readonly warnings: readonly string[]
}

export type TrackFileCode =
  | 'unreadable'
  | 'unknown-format'
  /** No flight in it. */
  | 'no-track'
  /** Flights, but not the one that was asked for. */
  | 'no-such-track'
  | 'bad-xml'
  | 'bad-line'
  | 'no-altitude'
  | 'too-long'

/** A recording that can't be flown. The message says where in the file, and what to do. */
export class TrackFileError extends Error {
  override readonly name = 'TrackFileError'
  readonly code: TrackFileCode
  readonly file: string
  /** Counted from 1; null = the file as a whole. */
  readonly line: number | null

  constructor(
    code: TrackFileCode,
    file: string,
    line: number | null,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${file}${line === null ? '' : `:${line}`}: ${message}`, options)
    this.code = code
    this.file = file
    this.line = line
  }
}

/** What must be added to a height above the sea, millimetres; assumes 0 aloud. */
export function undulationMm(known: number | null, file: string, warnings: string[]): number {
  if (known !== null) return Math.round(known * 1000)
  warnings.push(
    `${file}: heights count from mean sea level; taken as if from the ellipsoid, which is up to 107 m wrong. Set vehicle.geoidUndulationM (Zurich: 47.4)`,
  )
  return 0
}

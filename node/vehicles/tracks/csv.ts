import type { PositionStatus } from '../../../src/position/position.ts'
import { POSITION_STATUSES } from '../../../src/position/position.ts'
import type { TrackPoint } from '../../../src/vehicle/track.ts'
import { type TrackFile, TrackFileError, type TrackOptions, undulationMm } from './track-file.ts'

const REQUIRED = ['time_s', 'lat_deg', 'lon_deg'] as const
const OPTIONAL = [
  'alt_w84_m',
  'alt_amsl_m',
  'track',
  'height_m',
  'v_north_mps',
  'v_east_mps',
  'v_down_mps',
  'heading_deg',
  'battery_pct',
  'status',
] as const
type Column = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number]

/** One line's cells by column, with the words for complaints. */
interface Row {
  readonly line: number
  text(column: Column): string | null
  /** null = no such column or nothing in it. */
  number(column: Column, min: number, max: number): number | null
  required(column: Column, min: number, max: number): number
  refuse(what: string): never
}

/**
 * The flights of a table. The first line names the columns, in any order: `time_s` (seconds, rising),
 * `lat_deg`, `lon_deg`, and one of `alt_w84_m` (above the ellipsoid) and `alt_amsl_m` (above the sea). Optional: `track`
 * (name of the flight a line belongs to), `height_m` (above take-off), `v_north_mps`, `v_east_mps`, `v_down_mps`,
 * `heading_deg`, `battery_pct`, `status` (Ground, Airborne, Emergency, …). Empty cells are unknown; blank
 * lines and lines that begin with `#` are left out; other columns are ignored.
 */
export function csvTracks(text: string, file: string, options: TrackOptions): TrackFile {
  const warnings: string[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const headerAt = lines.findIndex(isContent)
  const columns = splitLine(lines[headerAt] ?? '')
  const missing = REQUIRED.filter(name => !columns.includes(name))
  const fromSea = !columns.includes('alt_w84_m')
  if (missing.length > 0 || (fromSea && !columns.includes('alt_amsl_m')))
    throw new TrackFileError(
      'bad-line',
      file,
      Math.max(headerAt, 0) + 1,
      `the first line must name the columns time_s, lat_deg, lon_deg and alt_w84_m or alt_amsl_m; it names: ${columns.join(', ') || 'nothing'}`,
    )
  const offsetMm = fromSea ? undulationMm(options.geoidUndulationM, file, warnings) : 0
  const byName = new Map<string, TrackPoint[]>()
  lines.forEach((line, i) => {
    if (i <= headerAt || !isContent(line)) return
    const row = readRow(columns, splitLine(line), file, i + 1)
    const name = row.text('track') ?? 'track'
    const points = byName.get(name) ?? []
    byName.set(name, points)
    const point = toPoint(row, fromSea ? 'alt_amsl_m' : 'alt_w84_m', offsetMm)
    if (point.tMs <= (points.at(-1)?.tMs ?? Number.NEGATIVE_INFINITY)) row.refuse('time_s does not rise')
    points.push(point)
  })
  const tracks = [...byName].flatMap(([name, [first, ...others]]) => {
    if (!first) return []
    const fromStart = (point: TrackPoint): TrackPoint => ({ ...point, tMs: point.tMs - first.tMs })
    return [{ name, points: [fromStart(first), ...others.map(fromStart)] as const }]
  })
  const [first, ...others] = tracks
  if (!first) throw new TrackFileError('no-track', file, null, 'holds no line with a position')
  return { tracks: [first, ...others], warnings }
}

function toPoint(row: Row, altitude: Column, offsetMm: number): TrackPoint {
  const north = row.number('v_north_mps', -150, 150)
  const east = row.number('v_east_mps', -150, 150)
  const down = row.number('v_down_mps', -150, 150) ?? 0
  const heightM = row.number('height_m', -3_276, 3_276)
  const headingDeg = row.number('heading_deg', 0, 360)
  const batteryPct = row.number('battery_pct', 0, 100)
  const hundred = (value: number): number => Math.round(value * 100) + 0
  return {
    tMs: Math.round(row.required('time_s', 0, 1e12) * 1000),
    latE7: Math.round(row.required('lat_deg', -90, 90) * 1e7),
    lonE7: Math.round(row.required('lon_deg', -180, 180) * 1e7),
    altMm: Math.round(row.required(altitude, -1_000, 100_000) * 1000) + offsetMm,
    heightDm: heightM === null ? null : Math.round(heightM * 10),
    velocityCms:
      north === null || east === null
        ? null
        : { north: hundred(north), east: hundred(east), down: hundred(down) },
    headingCdeg: headingDeg === null ? null : hundred(headingDeg) % 36_000,
    status: statusOf(row),
    batteryPct: batteryPct === null ? null : Math.round(batteryPct),
  }
}

function statusOf(row: Row): PositionStatus {
  const given = row.text('status')
  if (given === null) return 'Airborne'
  return (
    POSITION_STATUSES.find(s => s === given) ??
    row.refuse(`status is "${given}"; it takes ${POSITION_STATUSES.join(', ')}`)
  )
}

function readRow(columns: readonly string[], cells: readonly string[], file: string, line: number): Row {
  const refuse = (what: string): never => {
    throw new TrackFileError('bad-line', file, line, what)
  }
  const text = (column: Column): string | null => cells[columns.indexOf(column)] || null
  const number = (column: Column, min: number, max: number): number | null => {
    const cell = text(column)
    if (cell === null) return null
    const value = Number(cell)
    return value >= min && value <= max ? value : refuse(`${column} is "${cell}"; it takes ${min} to ${max}`)
  }
  const required = (column: Column, min: number, max: number): number =>
    number(column, min, max) ?? refuse(`${column} is missing; it takes ${min} to ${max}`)
  return { line, text, number, required, refuse }
}

const isContent = (line: string): boolean => line.trim() !== '' && !line.trimStart().startsWith('#')

const splitLine = (line: string): string[] =>
  line.split(',').map(cell => cell.trim().replace(/^"(.*)"$/, '$1'))

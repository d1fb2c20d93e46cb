import { enuOrigin } from '../../../src/geo/enu.ts'
import type { Track } from '../../../src/vehicle/track.ts'
import { type DrawnFlight, readKml } from './kml-document.ts'
import { flyPath } from './path.ts'
import { type TrackFile, TrackFileError, type TrackOptions, undulationMm } from './track-file.ts'
import { zoneField } from './zones.ts'

/** Where a drawing says nothing of speed. */
const SPEED_DEFAULT_MPS = 10

/**
 * The flights of a KML drawing. Every LineString is one. In a folder named `flight: NAME` the areas beside it
 * shape it, as InterUSS draws Remote ID test flights (monitoring/uss_qualifier, README of netrid/simulation):
 * polygons `speed: … (12.5)` give its speed in m/s, polygons `alt: …` its altitude by their first vertex, and between
 * areas both blend. Without `alt:` areas the line's own altitudes count, without `speed:` areas 10 m/s.
 * Altitudes count from mean sea level, as KML has it.
 */
export function kmlTracks(text: string, file: string, options: TrackOptions): TrackFile {
  const warnings: string[] = []
  const drawn = readKml(text, file, warnings)
  if (drawn.length === 0)
    throw new TrackFileError(
      'no-track',
      file,
      null,
      'holds no LineString, so no flight; draw the flight as a path (in Google Earth: Add > Path)',
    )
  const offsetMm = undulationMm(options.geoidUndulationM, file, warnings)
  const [first, ...others] = drawn.map(flight => toTrack(flight, offsetMm, file, warnings))
  if (!first) throw new TrackFileError('no-track', file, null, 'holds no flight')
  return { tracks: [first, ...others], warnings }
}

function toTrack(flight: DrawnFlight, offsetMm: number, file: string, warnings: string[]): Track {
  const { name, path, heights } = flight
  const origin = enuOrigin(path[0].latE7, path[0].lonE7, 0)
  const speedAt = zoneField(flight.speeds, origin)
  const altAt = zoneField(flight.altitudes, origin)
  if (flight.altitudes.length === 0 && heights !== 'above sea level')
    throw new TrackFileError(
      'no-altitude',
      file,
      null,
      `the flight "${name}" has ${heights === 'none' ? 'no altitudes' : 'heights above ground, and the ground is not known here'}; draw polygons "alt: NAME" with absolute altitudes around it, or give its path absolute altitudes`,
    )
  if (flight.speeds.length === 0)
    warnings.push(
      `${file}: the flight "${name}" has no speeds; flown at ${SPEED_DEFAULT_MPS} m/s. Draw "speed: NAME (12.5)" around it`,
    )
  const points = flyPath(path, {
    speedMps: at => speedAt(at) ?? SPEED_DEFAULT_MPS,
    altM: at => altAt(at) ?? at.altM,
  })
  if (points === null)
    throw new TrackFileError(
      'too-long',
      file,
      null,
      `the flight "${name}" takes more than two days; cut it into parts`,
    )
  const [first, ...others] = points.map(point => ({ ...point, altMm: point.altMm + offsetMm }))
  if (!first) throw new TrackFileError('no-track', file, null, `the flight "${name}" has no points`)
  return { name, points: [first, ...others] }
}

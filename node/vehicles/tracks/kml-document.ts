import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { PathPoint } from './path.ts'
import { TrackFileError } from './track-file.ts'
import type { GroundPoint, ValueZone } from './zones.ts'

/** A path in a drawing with the areas that shape it. */
export interface DrawnFlight {
  readonly name: string
  readonly path: readonly [PathPoint, ...PathPoint[]]
  /** What the altitudes on the path itself are worth. */
  readonly heights: 'above sea level' | 'above ground' | 'none'
  /** Metres a second. */
  readonly speeds: readonly ValueZone[]
  /** Metres above the sea. */
  readonly altitudes: readonly ValueZone[]
}

type XmlNode = Readonly<Record<string, unknown>>

const LISTS = new Set(['Document', 'Folder', 'Placemark', 'LineString', 'Polygon'])
const FLIGHT_FOLDER = /^flight:\s*(.+)$/
const SPEED_AREA = /^speed:.*\((\d+(?:\.\d+)?)\)\s*$/
const DEPTH_MAX = 32
/** As in a .csv: from the shore of the Dead Sea to the edge of space. */
const ALT_M = { min: -1_000, max: 100_000 } as const

/** Finds the flights of a KML document. Throws TrackFileError `bad-xml` or `bad-line`. */
export function readKml(text: string, file: string, warnings: string[]): readonly DrawnFlight[] {
  const flights: DrawnFlight[] = []
  const visit = (node: XmlNode, depth: number): void => {
    flights.push(...flightsIn(node, file, warnings))
    if (depth === DEPTH_MAX) return
    for (const child of [...nodes(node, 'Document'), ...nodes(node, 'Folder')]) visit(child, depth + 1)
  }
  const root = parseXml(text, file)
  if (isNode(root) && isNode(root.kml)) visit(root.kml, 0)
  return flights
}

function parseXml(text: string, file: string): unknown {
  const refuse = (line: number | null, what: string, options?: ErrorOptions): never => {
    throw new TrackFileError(
      'bad-xml',
      file,
      line,
      `is no well-formed XML: ${what} Export the KML again`,
      options,
    )
  }
  const checked = XMLValidator.validate(text)
  if (checked !== true) refuse(checked.err.line, checked.err.msg)
  const parser = new XMLParser({
    removeNSPrefix: true,
    parseTagValue: false,
    isArray: name => LISTS.has(name),
  })
  try {
    return parser.parse(text)
  } catch (cause) {
    // The validator lets pass what the parser then refuses: an open processing instruction, entities without end.
    return refuse(null, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function flightsIn(container: XmlNode, file: string, warnings: string[]): DrawnFlight[] {
  const placemarks = nodes(container, 'Placemark')
  const lines = placemarks.flatMap(placemark =>
    nodes(placemark, 'LineString').map(line => ({ line, name: textOf(placemark, 'name') ?? 'path' })),
  )
  if (lines.length === 0) return []
  const speeds: ValueZone[] = []
  const altitudes: ValueZone[] = []
  for (const placemark of placemarks) readArea(placemark, file, speeds, altitudes, warnings)
  const flightName = FLIGHT_FOLDER.exec(textOf(container, 'name') ?? '')?.[1]?.trim()
  return lines.flatMap(({ line, name }) => {
    const [first, ...others] = coordinatesOf(line, file, name)
    if (!first || others.length === 0) {
      warnings.push(`${file}: the path "${name}" has fewer than two points; left out`)
      return []
    }
    const path = [first, ...others] as const
    const flight = flightName ?? name
    return {
      name: lines.length > 1 && flightName ? `${flight}/${name}` : flight,
      path,
      heights: heightsOf(line, path),
      speeds,
      altitudes,
    }
  })
}

/** Google Earth writes no altitude mode for "clamped to ground"; heights that stand there all the same are meant. */
function heightsOf(line: XmlNode, path: readonly PathPoint[]): DrawnFlight['heights'] {
  const mode = textOf(line, 'altitudeMode') ?? ''
  if (mode.startsWith('relative')) return 'above ground'
  return path.some(point => point.altM !== 0) ? 'above sea level' : 'none'
}

function readArea(
  placemark: XmlNode,
  file: string,
  speeds: ValueZone[],
  altitudes: ValueZone[],
  warnings: string[],
): void {
  const name = textOf(placemark, 'name') ?? ''
  for (const polygon of nodes(placemark, 'Polygon')) {
    const outline = outlineOf(polygon, file, name)
    const speed = SPEED_AREA.exec(name)?.[1]
    if (outline.length < 3)
      warnings.push(`${file}: the area "${name}" has fewer than three corners; left out`)
    else if (speed !== undefined) speeds.push({ outline, value: Number(speed) })
    else if (name.startsWith('speed:'))
      warnings.push(`${file}: the area "${name}" says no speed; name it like "speed: Departure (5)", in m/s`)
    else if (name.startsWith('alt:')) altitudes.push({ outline, value: outline[0]?.altM ?? 0 })
  }
}

function outlineOf(polygon: XmlNode, file: string, name: string): readonly (GroundPoint & PathPoint)[] {
  const boundary = polygon.outerBoundaryIs
  const ring = isNode(boundary) ? boundary.LinearRing : undefined
  return isNode(ring) ? coordinatesOf(ring, file, name) : []
}

/** `lon,lat[,alt]` separated by white space; degrees and metres. */
function coordinatesOf(node: XmlNode, file: string, name: string): PathPoint[] {
  const tuples = (textOf(node, 'coordinates') ?? '').split(/\s+/).filter(tuple => tuple !== '')
  return tuples.map(tuple => {
    const [lon, lat, alt = 0] = tuple.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
    if (
      lon === undefined ||
      lat === undefined ||
      !(Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && alt >= ALT_M.min && alt <= ALT_M.max)
    )
      throw new TrackFileError(
        'bad-line',
        file,
        null,
        `"${name}" has the coordinates "${tuple.slice(0, 60)}"; they must be longitude,latitude,altitude in degrees and metres, ${ALT_M.min} to ${ALT_M.max} m`,
      )
    return { latE7: Math.round(lat * 1e7), lonE7: Math.round(lon * 1e7), altM: alt }
  })
}

const isNode = (value: unknown): value is XmlNode => typeof value === 'object' && value !== null

function nodes(parent: XmlNode, name: string): readonly XmlNode[] {
  const children = parent[name]
  return Array.isArray(children) ? children.filter(isNode) : []
}

function textOf(node: XmlNode, name: string): string | null {
  const value = node[name]
  return typeof value === 'string' ? value.trim() : null
}

import { type Color, Group, Mesh, MeshBasicMaterial, Shape, ShapeGeometry } from 'three'
import type { Projection } from '../enu.ts'
import { fatLines } from './fat-lines.ts'
import { PALETTE } from './palette.ts'

/** A named place of the base map, on the plane. */
export interface PlaceName {
  readonly name: string
  readonly x: number
  readonly y: number
}

interface Feature {
  readonly properties?: { readonly kind?: unknown; readonly name?: unknown } | null
  readonly geometry?: { readonly type?: unknown; readonly coordinates?: unknown } | null
}

type Ring = readonly (readonly [number, number])[]

/** Colours by the feature's `kind`; a kind nobody thought of is drawn like a road. */
const STYLES: Readonly<
  Record<string, { readonly line: Color; readonly fill: Color | null; readonly px: number }>
> = {
  water: { line: PALETTE.shore, fill: PALETTE.water, px: 1.5 },
  river: { line: PALETTE.shore, fill: null, px: 2.5 },
  green: { line: PALETTE.greenEdge, fill: PALETTE.green, px: 1 },
  rail: { line: PALETTE.road, fill: null, px: 1 },
  road: { line: PALETTE.road, fill: null, px: 1 },
}

/**
 * The user's own map under the grid: GeoJSON with lines, polygons and named points (RFC 7946), styled by the
 * property `kind` (water, river, green, rail, road). What can't be read is left out.
 */
export class BaseMap {
  readonly group = new Group()
  places: readonly PlaceName[] = []

  draw(geojson: unknown, on: Projection): void {
    const features = (geojson as { features?: unknown } | null)?.features
    if (!Array.isArray(features)) return
    const places: PlaceName[] = []
    for (const feature of features as Feature[]) {
      const kind = String(feature.properties?.kind ?? 'road')
      const { rings, filled, point } = shapesOf(feature, on)
      const style = STYLES[kind] ?? STYLES.road
      if (style === undefined) continue
      if (point !== null) places.push({ name: String(feature.properties?.name ?? ''), ...point })
      const lines = fatLines(
        rings.map(ring => ({ points: ring.map(([x, y]) => [x, y, 0] as const), color: style.line })),
        style.px,
        0.9,
      )
      if (lines !== null) this.group.add(lines)
      if (filled && style.fill !== null) this.group.add(fill(rings, style.fill))
    }
    for (const object of this.group.children) object.renderOrder = object instanceof Mesh ? -2 : -1
    this.places = places
  }
}

function shapesOf(feature: Feature, on: Projection) {
  const type = String(feature.geometry?.type)
  const coordinates = feature.geometry?.coordinates
  const at = (pair: unknown): [number, number] => {
    const [lng, lat] = Array.isArray(pair) ? pair : []
    return [on.x(Number(lng) * 1e7), on.y(Number(lat) * 1e7)]
  }
  const ring = (list: unknown): Ring =>
    (Array.isArray(list) ? list.map(at) : []).filter(p => p.every(Number.isFinite))
  const list = Array.isArray(coordinates) ? coordinates : []
  if (type === 'LineString') return { rings: [ring(list)], filled: false, point: null }
  if (type === 'MultiLineString') return { rings: list.map(ring), filled: false, point: null }
  if (type === 'Polygon') return { rings: list.map(ring), filled: true, point: null }
  if (type === 'MultiPolygon')
    return {
      rings: list.flatMap((p: unknown) => (Array.isArray(p) ? p.map(ring) : [])),
      filled: true,
      point: null,
    }
  if (type === 'Point') {
    const [x, y] = at(list)
    return { rings: [], filled: false, point: { x, y } }
  }
  return { rings: [], filled: false, point: null }
}

/** Each ring filled on its own: holes are not cut, which a dark background map can bear. */
function fill(rings: readonly Ring[], color: Color): Mesh {
  const shapes = rings.map(ring => {
    const shape = new Shape()
    ring.forEach(([x, y], i) => {
      if (i === 0) shape.moveTo(x, y)
      else shape.lineTo(x, y)
    })
    return shape
  })
  return new Mesh(new ShapeGeometry(shapes), new MeshBasicMaterial({ color, depthWrite: false }))
}

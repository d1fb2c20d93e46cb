import { lonDifferenceE7, metresPerE7 } from '../../geo/wgs84.ts'
import type { Point } from './situation.ts'

/**
 * A patch of the map. A polygon is not closed (its last vertex is not its first again), no two of its edges meet
 * but neighbours, and its edges are straight in latitude and longitude: at 47 degrees 2 m off the shortest path in
 * the middle of an edge of 10 km. So areas are kept small (`AREA_SPAN_MAX_MM`).
 */
export type Area =
  | { readonly shape: 'circle'; readonly centre: Point; readonly radiusMm: number }
  | { readonly shape: 'polygon'; readonly vertices: readonly Point[] }

/** No vertex further than this from the first, no radius longer. */
export const AREA_SPAN_MAX_MM = 100_000_000

/** A tenth of what two coordinates can differ by at least. */
const TOUCHING_MM = 1

/** Millimetres east and north of the area's first point. */
interface Flat {
  readonly x: number
  readonly y: number
}

/**
 * How the straight way between two points lies to an area, whole millimetres. Positive: all of it inside, and at
 * the nearest this far from the edge; negative: all of it outside, likewise; 0: it touches or crosses the edge;
 * NaN: a coordinate is none.
 */
export function gapMm(area: Area, from: Point, to: Point): number {
  return Math.round(area.shape === 'circle' ? gapToCircle(area, from, to) : gapToPolygon(area, from, to)) + 0 // never -0
}

function gapToCircle(
  { centre, radiusMm }: Extract<Area, { shape: 'circle' }>,
  from: Point,
  to: Point,
): number {
  const flat = flatten(centre)
  const [a, b] = [flat(from), flat(to)]
  const middle = { x: 0, y: 0 }
  const nearest = distanceToLine(middle, a, b)
  const farthest = Math.max(distanceToLine(middle, a, a), distanceToLine(middle, b, b))
  if (farthest < radiusMm) return radiusMm - farthest
  if (nearest > radiusMm) return radiusMm - nearest
  return Number.isNaN(nearest) ? Number.NaN : 0
}

function gapToPolygon({ vertices }: Extract<Area, { shape: 'polygon' }>, from: Point, to: Point): number {
  const [first] = vertices
  if (first === undefined) return 0
  const flat = flatten(first)
  const corners = vertices.map(flat)
  const [a, b] = [flat(from), flat(to)]
  let nearest = Number.POSITIVE_INFINITY
  let inside = false
  for (const [c, d] of edges(corners)) {
    nearest = Math.min(nearest, distanceBetween(a, b, c, d))
    // Even-odd rule: a ray eastwards from the start meets this edge.
    if (c.y > a.y !== d.y > a.y && a.x < c.x + ((a.y - c.y) * (d.x - c.x)) / (d.y - c.y)) inside = !inside
  }
  return inside ? nearest : -nearest
}

/** What is wrong with a polygon, in words with the number of the vertex or edge; empty = nothing. */
export function polygonFaults(vertices: readonly Point[]): readonly string[] {
  const [first] = vertices
  if (first === undefined) return []
  const corners = vertices.map(flatten(first))
  const sides = edges(corners)
  const last = sides.length - 1
  const faults = corners.flatMap((corner, i) =>
    Math.hypot(corner.x, corner.y) <= AREA_SPAN_MAX_MM ? [] : [`vertex ${i} is over 100 km from vertex 0`],
  )
  sides.forEach(([a, b], i) => {
    if (a.x === b.x && a.y === b.y) faults.push(`vertex ${i} is there twice: leave one out`)
    for (const [k, [c, d]] of sides.slice(i + 1).entries()) {
      const j = i + 1 + k
      // Neighbours share a corner; they must not fold back onto each other.
      const apart =
        k === 0
          ? Math.min(distanceToLine(a, c, d), distanceToLine(d, a, b))
          : i === 0 && j === last
            ? Math.min(distanceToLine(b, c, d), distanceToLine(c, a, b))
            : distanceBetween(a, b, c, d)
      if (apart < TOUCHING_MM) faults.push(`edges ${i} and ${j} meet`)
    }
  })
  return faults
}

/** Edge `i` goes from corner `i` to the next. */
const edges = (corners: readonly Flat[]): readonly (readonly [Flat, Flat])[] =>
  corners.map((corner, i) => [corner, corners[(i + 1) % corners.length] ?? corner])

/** The map drawn flat around a point. It keeps straight what is straight in degrees, so no crossing is missed. */
function flatten(origin: Point): (point: Point) => Flat {
  const scale = metresPerE7(origin.latE7)
  return ({ latE7, lonE7 }) => ({
    x: lonDifferenceE7(lonE7, origin.lonE7) * scale.lon * 1000,
    y: (latE7 - origin.latE7) * scale.lat * 1000,
  })
}

/** From a point to the nearest point of the line from `a` to `b`. */
function distanceToLine(p: Flat, a: Flat, b: Flat): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const lengthSq = dx * dx + dy * dy
  const along = lengthSq === 0 ? 0 : ((p.x - a.x) * dx + (p.y - a.y) * dy) / lengthSq
  const t = Math.min(Math.max(along, 0), 1)
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy)
}

/** Between the nearest points of two lines; 0 where they cross. */
function distanceBetween(a: Flat, b: Flat, c: Flat, d: Flat): number {
  if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) return 0
  return Math.min(
    distanceToLine(a, c, d),
    distanceToLine(b, c, d),
    distanceToLine(c, a, b),
    distanceToLine(d, a, b),
  )
}

/** Which side of the line from `a` to `b` a point is on: the sign; 0 = on it. */
const side = (a: Flat, b: Flat, p: Flat): number =>
  Math.sign((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x))

import type { MapFrame, MapObject } from '../../../protocols/map/frame.ts'
import type { AgentId } from '../../../src/ports.ts'

/** Where the drawn plane touches the globe and where its ground is. */
export type Origin = MapFrame['origin']

/** Metres east, north and above the ground plane of the origin, and metres per second. */
export interface Placed {
  readonly object: MapObject
  readonly x: number
  readonly y: number
  readonly z: number
  readonly vx: number
  readonly vy: number
  readonly vz: number
}

/** Turns degrees x 1e7 into metres on the plane that touches the ellipsoid at the origin: good for a picture. */
export interface Projection {
  readonly origin: Origin
  x(lonE7: number): number
  y(latE7: number): number
  z(altMm: number): number
}

const SEMI_MAJOR_M = 6_378_137
const ECCENTRICITY_SQUARED = 0.006_694_379_990_14

/** East and north at the origin's own radii of curvature (WGS84); 10 km out it is a few metres off. */
export function projectionAt(origin: Origin): Projection {
  const latRad = (origin.latE7 / 1e7) * (Math.PI / 180)
  const bend = 1 - ECCENTRICITY_SQUARED * Math.sin(latRad) ** 2
  const unit = Math.PI / 180 / 1e7
  const north = ((SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED)) / bend ** 1.5) * unit
  const east = (SEMI_MAJOR_M / Math.sqrt(bend)) * Math.cos(latRad) * unit
  return {
    origin,
    x: lonE7 => (((lonE7 - origin.lonE7 + 5400e6) % 3600e6) - 1800e6) * east,
    y: latE7 => (latE7 - origin.latE7) * north,
    z: altMm => (altMm - origin.altMm) / 1000,
  }
}

/** An object on the plane. A volume does not move: nobody knows where to. */
function place(object: MapObject, on: Projection): Placed {
  const moves = object.belief === 'volume' ? 0 : 0.01
  return {
    object,
    x: on.x(object.lonE7),
    y: on.y(object.latE7),
    z: on.z(object.altMm),
    vx: object.veCms * moves,
    vy: object.vnCms * moves,
    vz: -object.vdCms * moves,
  }
}

/** One node's belief, placed on the plane. */
export interface Belief {
  readonly frame: MapFrame
  /** `performance.now()` when it came. */
  readonly receivedMs: number
  readonly placed: readonly Placed[]
  readonly byAgent: ReadonlyMap<AgentId, Placed>
}

export function placeFrame(frame: MapFrame, on: Projection, receivedMs: number): Belief {
  const placed = frame.objects.map(object => place(object, on))
  return { frame, receivedMs, placed, byAgent: new Map(placed.map(p => [p.object.agent, p])) }
}

/** Metres per second over ground. */
export const groundSpeed = (p: Placed): number => Math.hypot(p.object.vnCms, p.object.veCms) / 100

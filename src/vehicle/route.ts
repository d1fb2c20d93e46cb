/** A point of a route: degrees x 1e7 and millimetres above the WGS84 ellipsoid. */
export interface Waypoint {
  readonly latE7: number
  readonly lonE7: number
  readonly altMm: number
}

/** Waypoints in the order of flight, and how fast to fly between them. */
export interface Route {
  readonly name: string
  /** At least one. */
  readonly waypoints: readonly Waypoint[]
  /** Ground speed; the vehicle's own limits are stronger. */
  readonly speedMps: number
}

/** The same way back. */
export function reverseRoute(route: Route): Route {
  return { ...route, name: `${route.name} (back)`, waypoints: route.waypoints.toReversed() }
}

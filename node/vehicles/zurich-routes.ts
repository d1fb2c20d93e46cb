import type { DeliveryPlan } from '../../src/vehicle/delivery.ts'
import type { Waypoint } from '../../src/vehicle/route.ts'

/** Mean sea level stands this high above the WGS84 ellipsoid in Zurich, metres. */
const ZURICH_GEOID_UNDULATION_M = 47.4

const WAIT_S = 12
/** A flight there and back takes up to half of the battery: nobody is called home on the way (policy/rules). */
const RECHARGE_BELOW_PCT = 60

/** A well-known place: degrees, and metres of ground above the sea. */
interface Place {
  readonly latDeg: number
  readonly lonDeg: number
  readonly groundAmslM: number
}

/** Squares and stations in central Zurich; plain geography, as in OpenStreetMap, to about 50 m and 5 m of height. */
const PLACES = {
  Hauptbahnhof: { latDeg: 47.3779, lonDeg: 8.5403, groundAmslM: 408 },
  Landesmuseum: { latDeg: 47.3791, lonDeg: 8.5406, groundAmslM: 407 },
  Central: { latDeg: 47.3769, lonDeg: 8.5438, groundAmslM: 409 },
  'ETH Zentrum': { latDeg: 47.3763, lonDeg: 8.5481, groundAmslM: 449 },
  Universitätsspital: { latDeg: 47.377, lonDeg: 8.5511, groundAmslM: 462 },
  Heimplatz: { latDeg: 47.3704, lonDeg: 8.5484, groundAmslM: 429 },
  Bellevue: { latDeg: 47.3671, lonDeg: 8.5451, groundAmslM: 408 },
  Bürkliplatz: { latDeg: 47.3664, lonDeg: 8.5409, groundAmslM: 407 },
  Paradeplatz: { latDeg: 47.3697, lonDeg: 8.539, groundAmslM: 408 },
  Stauffacher: { latDeg: 47.3736, lonDeg: 8.5294, groundAmslM: 411 },
  Helvetiaplatz: { latDeg: 47.3765, lonDeg: 8.5268, groundAmslM: 410 },
  'Bahnhof Wiedikon': { latDeg: 47.3714, lonDeg: 8.5234, groundAmslM: 413 },
  Limmatplatz: { latDeg: 47.3846, lonDeg: 8.5316, groundAmslM: 404 },
} as const satisfies Readonly<Record<string, Place>>

type PlaceName = keyof typeof PLACES

/** From, over, to; metres above ground at each; cruise in m/s. Most ways cross near the Hauptbahnhof. */
const WAYS: readonly (readonly [
  from: PlaceName,
  over: PlaceName,
  to: PlaceName,
  heightM: number,
  speedMps: number,
])[] = [
  ['Hauptbahnhof', 'Paradeplatz', 'Bürkliplatz', 60, 11],
  ['Universitätsspital', 'Hauptbahnhof', 'Stauffacher', 70, 13],
  ['Limmatplatz', 'Landesmuseum', 'Heimplatz', 75, 12],
  ['Bahnhof Wiedikon', 'Hauptbahnhof', 'ETH Zentrum', 80, 15],
  ['Bellevue', 'Central', 'Limmatplatz', 70, 14],
  ['Helvetiaplatz', 'Hauptbahnhof', 'Universitätsspital', 90, 16],
  ['Paradeplatz', 'Hauptbahnhof', 'Landesmuseum', 65, 9],
  ['Central', 'Paradeplatz', 'Bahnhof Wiedikon', 110, 12],
]

/** Eight deliveries that cross over the centre of Zurich, for the demo and the first five minutes. */
export const ZURICH_DELIVERIES: readonly DeliveryPlan[] = WAYS.map(([from, over, to, heightM, speedMps]) => ({
  base: placeAt(from, 0),
  route: {
    name: `${from} - ${to}`,
    waypoints: [from, over, to].map(name => placeAt(name as PlaceName, heightM)),
    speedMps,
  },
  drop: placeAt(to, 0),
  waitS: WAIT_S,
  rechargeBelowPct: RECHARGE_BELOW_PCT,
}))

function placeAt(name: PlaceName, heightM: number): Waypoint {
  const { latDeg, lonDeg, groundAmslM } = PLACES[name]
  return {
    latE7: Math.round(latDeg * 1e7),
    lonE7: Math.round(lonDeg * 1e7),
    altMm: Math.round((groundAmslM + ZURICH_GEOID_UNDULATION_M + heightM) * 1000),
  }
}

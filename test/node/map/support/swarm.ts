import type { MapCell, MapFrame, MapLink, MapObject } from '../../../../protocols/map/frame.ts'

const LAT_E7 = 473_769_000
const LON_E7 = 85_417_000
const GROUND_MM = 455_000
/** Degrees x 1e7 for a metre at 47 degrees north. */
const NORTH_E7 = 90
const EAST_E7 = 132.8

/** Who knows too little: from its own point of view some are elsewhere, lost or not there. */
export type View = 'whole' | 'partitioned'

export const agentOf = (i: number): string =>
  `12D3KooW${String(i).padStart(4, '0')}${'QmYwAPJzv5CZsnAzt8auVZRn1pfXkG7Vd3b9T4'.padEnd(40, 'x')}`

export const nameOf = (i: number): string => (i === 0 ? 'relay-1' : `drone-${i}`)

/** One belief of a swarm that never was: circles over a city, made of the time alone. */
export function syntheticFrame(options: {
  readonly drones: number
  readonly atMs: number
  readonly self: number
  readonly view: View
}): MapFrame {
  const { drones, atMs, self, view } = options
  const objects: MapObject[] = []
  for (let i = 0; i <= drones; i++) {
    const object = objectOf(i, drones, atMs, self, view)
    if (object !== null) objects.push(object)
  }
  return {
    atMs,
    self: { agent: agentOf(self), name: nameOf(self), role: self === 0 ? 'relay' : 'drone' },
    origin: { latE7: LAT_E7, lonE7: LON_E7, altMm: GROUND_MM },
    cells: cells(),
    objects,
    links: linksOf(objects),
    health: {
      worldModelAgeMs: 140 + Math.round(120 * Math.abs(Math.sin(atMs / 7000))),
      peersConnected: Math.min(drones, 8) - (view === 'whole' ? 0 : 2),
      peersKnown: Math.min(drones, 8),
      logSeq: Math.floor(atMs / 1500) % 100_000,
      logWhole: true,
      clockTrusted: true,
      clockOffsetMs: 2,
      clockBoundMs: 500,
    },
  }
}

function objectOf(i: number, drones: number, atMs: number, self: number, view: View): MapObject | null {
  if (view === 'partitioned' && i === 4) return null
  const lost = (view === 'partitioned' && i === 3) || (view === 'whole' && i === 6)
  const lag = view === 'partitioned' && i === 2 ? 4000 : 0
  const at = i === 0 ? RELAY : circle(i, drones, lost ? atMs - (atMs % 60_000) : atMs - lag)
  const ageMs = i === self ? 40 : lost ? atMs % 60_000 : lag + 120 + ((i * 37) % 300)
  return {
    agent: agentOf(i),
    name: nameOf(i),
    kind: i === 0 ? 'relay' : 'drone',
    belief: i === self ? 'self' : lost ? 'volume' : 'point',
    latE7: Math.round(LAT_E7 + at.y * NORTH_E7),
    lonE7: Math.round(LON_E7 + at.x * EAST_E7),
    altMm: GROUND_MM + Math.round(at.z * 1000),
    heightDm: Math.round(at.z * 10),
    vnCms: Math.round(at.vy * 100),
    veCms: Math.round(at.vx * 100),
    vdCms: 0,
    headingCdeg: i === 0 ? null : at.headingCdeg,
    batteryPct: i === 0 ? null : Math.max(8, 96 - ((i * 13) % 90)),
    status: i === 0 ? 'Ground' : 'Airborne',
    ageMs,
    uncertaintyHDm: lost ? Math.min(4000, 200 + Math.round(ageMs * 0.06)) : 20,
    uncertaintyVDm: lost ? Math.min(700, 100 + Math.round(ageMs * 0.01)) : 30,
    cell: '881f8d4b07fffff',
    boot: 2,
    seq: Math.floor(atMs / 200) % 1_000_000,
  }
}

const RELAY = { x: 120, y: -60, z: 24, vx: 0, vy: 0, headingCdeg: 0 }

/** Round and round at 12 m/s, each on a circle of its own. */
function circle(i: number, drones: number, atMs: number) {
  const spread = drones > 50 ? 2600 : 900
  const radius = 140 + ((i * 97) % 260)
  const turn = (i % 2 === 0 ? 1 : -1) * (12 / radius)
  const angle = i * 2.4 + turn * ((atMs / 1000) % 100_000)
  const away = spread * Math.sqrt(i / drones)
  return {
    x: away * Math.cos(i * 2.4) + radius * Math.cos(angle),
    y: away * Math.sin(i * 2.4) + radius * Math.sin(angle),
    z: 50 + ((i * 29) % 90),
    vx: -radius * turn * Math.sin(angle),
    vy: radius * turn * Math.cos(angle),
    headingCdeg: headingOf(-turn * Math.sin(angle), turn * Math.cos(angle)),
  }
}

function headingOf(east: number, north: number): number {
  const deg = (Math.atan2(east, north) * 180) / Math.PI
  return Math.round(((deg + 360) % 360) * 100) % 36_000
}

/** Hexagons of about the size of H3 resolution 8, side by side. */
function cells(): MapCell[] {
  const side = 530
  const middles: readonly (readonly [number, number])[] = [
    [0, 0],
    ...[30, 90, 150, 210, 270, 330].map(deg => polar(side * Math.sqrt(3), deg)),
  ]
  return middles.map(([x, y], i) => ({
    cell: `881f8d4b${i}7fffff`,
    role: i === 0 ? 'own' : i === 1 ? 'ahead' : 'joined',
    corners: [0, 60, 120, 180, 240, 300].map(deg => {
      const [dx, dy] = polar(side, deg)
      return {
        latE7: Math.round(LAT_E7 + (y + dy) * NORTH_E7),
        lonE7: Math.round(LON_E7 + (x + dx) * EAST_E7),
      }
    }),
  }))
}

function polar(radius: number, deg: number): [number, number] {
  return [radius * Math.cos((deg * Math.PI) / 180), radius * Math.sin((deg * Math.PI) / 180)]
}

/** Everyone with the relay, and each with the next. */
function linksOf(objects: readonly MapObject[]): MapLink[] {
  const links: MapLink[] = []
  for (let i = 1; i < Math.min(objects.length, 60); i++) {
    if (objects[i]?.belief === 'volume') continue
    links.push({ a: 0, b: i, path: 'direct', mesh: i % 3 !== 0, rttMs: 3.2 + i })
    if (i > 1)
      links.push({ a: i - 1, b: i, path: i % 4 === 0 ? 'relayed' : 'direct', mesh: i % 2 === 0, rttMs: null })
  }
  return links
}

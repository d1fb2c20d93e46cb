import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { distanceM } from '../../../src/geo/wgs84.ts'
import {
  closeTrack,
  type Track,
  type TrackPoint,
  trackAt,
  trackDurationMs,
} from '../../../src/vehicle/track.ts'

const point = (tMs: number, latE7: number, lonE7: number, change: Partial<TrackPoint> = {}): TrackPoint => ({
  tMs,
  latE7,
  lonE7,
  altMm: 500_000,
  heightDm: null,
  velocityCms: null,
  headingCdeg: null,
  status: 'Airborne',
  batteryPct: null,
  ...change,
})
const track = (first: TrackPoint, ...others: TrackPoint[]): Track => ({
  name: 'test',
  points: [first, ...others],
})

describe('src/vehicle/track', () => {
  const north = track(
    point(0, 473_000_000, 85_000_000),
    point(10_000, 473_009_000, 85_000_000, { altMm: 520_000 }),
    point(20_000, 473_009_000, 85_013_200, { altMm: 520_000 }),
  )

  it('is straight between two points, with the velocity and heading of the line', () => {
    const fix = trackAt(north, 5_000)
    deepStrictEqual([fix.latE7, fix.lonE7, fix.altMm], [473_004_500, 85_000_000, 510_000])
    ok(Math.abs(fix.vnCms - 1_001) < 2)
    deepStrictEqual([fix.veCms, fix.vdCms, fix.headingCdeg], [0, -200, 0])
    ok(Math.abs((trackAt(north, 15_000).headingCdeg ?? 0) - 9_000) <= 1)
  })

  it('prefers what was recorded to what the line says', () => {
    const recorded = track(
      point(0, 473_000_000, 85_000_000, {
        velocityCms: { north: 100, east: 0, down: 0 },
        headingCdeg: 35_000,
      }),
      point(1_000, 473_000_000, 85_000_000, {
        velocityCms: { north: 300, east: 0, down: 0 },
        headingCdeg: 2_000,
      }),
    )
    const fix = trackAt(recorded, 500)
    deepStrictEqual([fix.vnCms, fix.headingCdeg], [200, 500])
  })

  it('stands before its start and after its end', () => {
    for (const tMs of [-1, 0, Number.NaN]) strictEqual(trackAt(north, tMs).latE7, 473_000_000)
    for (const tMs of [20_000, 1e9]) {
      const fix = trackAt(north, tMs)
      deepStrictEqual([fix.lonE7, fix.vnCms, fix.veCms], [85_013_200, 0, 0])
    }
    strictEqual(trackAt(track(point(0, 1, 2)), 55).latE7, 1)
  })

  it('crosses the date line the short way', () => {
    const date = track(point(0, 0, 1_799_999_000), point(1_000, 0, -1_799_999_000))
    strictEqual(trackAt(date, 250).lonE7, 1_799_999_500)
    strictEqual(trackAt(date, 750).lonE7, -1_799_999_500)
    ok(trackAt(date, 500).veCms > 0)
  })

  it('never leaves the box of its points, and never jumps', () => {
    const anyTrack = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.nat(9_000), fc.nat(9_000)), {
        minLength: 2,
        maxLength: 20,
      })
      .map(steps => {
        let tMs = 0
        return steps.map(([dt, lat, lon], i) => {
          if (i > 0) tMs += dt
          return point(tMs, 473_000_000 + lat, 85_000_000 + lon)
        })
      })
    fc.assert(
      fc.property(anyTrack, fc.nat(100_000), (points, tMs) => {
        const [first, ...others] = points
        ok(first)
        const fix = trackAt(track(first, ...others), tMs)
        const lats = points.map(p => p.latE7)
        ok(fix.latE7 >= Math.min(...lats) && fix.latE7 <= Math.max(...lats))
        ok(Number.isInteger(fix.lonE7) && Number.isInteger(fix.vnCms))
        const at = points.find(p => p.tMs === tMs)
        if (at) deepStrictEqual([fix.latE7, fix.lonE7], [at.latE7, at.lonE7])
      }),
    )
  })

  it('is closed for endless replay by the straight way back', () => {
    const closed = closeTrack(north, 10)
    const end = trackAt(closed, trackDurationMs(closed))
    deepStrictEqual([end.latE7, end.lonE7], [473_000_000, 85_000_000])
    for (let tMs = 0; tMs < trackDurationMs(closed); tMs += 100) {
      const [a, b] = [trackAt(closed, tMs), trackAt(closed, tMs + 100)]
      ok(distanceM(a.latE7, a.lonE7, b.latE7, b.lonE7) < 1.2)
    }
    strictEqual(closeTrack(closed, 10), closed)
  })
})

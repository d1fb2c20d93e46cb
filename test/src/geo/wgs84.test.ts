import assert from 'node:assert/strict'
import fc from 'fast-check'
import { distanceM, lonDifferenceE7, metresPerE7, wrapLonE7 } from '../../../src/geo/wgs84.ts'

const HALF_TURN_E7 = 1_800_000_000
const anyLat = fc.integer({ min: -890_000_000, max: 890_000_000 })
const anyLon = fc.integer({ min: -HALF_TURN_E7, max: HALF_TURN_E7 - 1 })

const within = (actual: number, expected: number, part: number): void =>
  assert.ok(Math.abs(actual - expected) <= Math.abs(expected) * part, `${actual} is not ${expected}`)

describe('WGS84', () => {
  // Lengths of a degree: the ellipsoid's own radii of curvature, as printed in any table of it.
  for (const [latDeg, latKm, lonKm] of [
    [0, 110.574, 111.32],
    [15, 110.649, 107.55],
    [30, 110.852, 96.486],
    [45, 111.132, 78.847],
    [60, 111.412, 55.8],
    [75, 111.618, 28.902],
  ] as const) {
    it(`has degrees of ${latKm} km by ${lonKm} km at ${latDeg} degrees`, () => {
      for (const side of [1, -1]) {
        const scale = metresPerE7(side * latDeg * 1e7)
        within(scale.lat * 1e4, latKm, 1e-5)
        within(scale.lon * 1e4, lonKm, 1e-4)
      }
    })
  }

  it('knows the distance from Zurich main station to Bürkliplatz', () => {
    // 47.377847 N 8.540502 E to 47.366602 N 8.541001 E: 1250.8 m by Vincenty's inverse formula.
    within(distanceM(473_778_470, 85_405_020, 473_666_020, 85_410_010), 1_250.8, 1e-4)
  })

  it('measures across the date line the short way', () => {
    within(distanceM(0, 1_799_999_000, 0, -1_799_999_000), 2_000 * metresPerE7(0).lon, 1e-9)
  })

  it('is zero at the same place and the same both ways for near places', () => {
    const step = fc.integer({ min: -50_000, max: 50_000 })
    fc.assert(
      fc.property(anyLat, anyLon, step, step, (lat, lon, north, east) => {
        assert.equal(distanceM(lat, lon, lat, lon), 0)
        const [lat2, lon2] = [lat + north, wrapLonE7(lon + east)]
        const there = distanceM(lat, lon, lat2, lon2)
        assert.ok(Math.abs(there - distanceM(lat2, lon2, lat, lon)) <= 0.005 * there + 1e-6)
      }),
    )
  })

  it('takes the difference of longitudes the short way round', () => {
    fc.assert(
      fc.property(anyLon, anyLon, (a, b) => {
        const difference = lonDifferenceE7(a, b)
        assert.ok(Math.abs(difference) <= HALF_TURN_E7)
        assert.equal((((a - b - difference) % 3_600_000_000) + 3_600_000_000) % 3_600_000_000, 0)
      }),
    )
  })

  it('brings a longitude back into [-180, 180)', () => {
    assert.equal(wrapLonE7(HALF_TURN_E7), -HALF_TURN_E7)
    assert.equal(wrapLonE7(HALF_TURN_E7 + 5), -HALF_TURN_E7 + 5)
    assert.equal(wrapLonE7(-HALF_TURN_E7 - 5), HALF_TURN_E7 - 5)
    fc.assert(fc.property(anyLon, lon => wrapLonE7(lon) === lon))
  })
})

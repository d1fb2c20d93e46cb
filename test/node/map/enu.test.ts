import assert from 'node:assert/strict'
import { projectionAt } from '../../../node/map/page/enu.ts'

describe('plane of the map', () => {
  it('is a metre off nowhere near its origin', () => {
    const plane = projectionAt({ latE7: 473_769_000, lonE7: 85_417_000, altMm: 455_000 })
    // Zurich, 47.3769 N: a degree of latitude is 111 176 m, one of longitude 75 500 m (WGS84 radii of curvature).
    assert.ok(Math.abs(plane.y(473_869_000) - 1111.76) < 0.1)
    assert.ok(Math.abs(plane.x(85_517_000) - 755.0) < 0.5)
    assert.equal(plane.z(555_000), 100)
    assert.deepEqual([plane.x(85_417_000), plane.y(473_769_000)], [0, 0])
  })

  it('goes on across the date line', () => {
    const fiji = projectionAt({ latE7: -170_000_000, lonE7: 1_799_999_000, altMm: 0 })
    assert.ok(Math.abs(fiji.x(-1_799_999_000) - 21.3) < 0.1)
  })
})

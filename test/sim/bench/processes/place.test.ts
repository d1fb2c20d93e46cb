import assert from 'node:assert/strict'
import { gridM, spotAt } from '../../../../sim/bench/processes/place.ts'
import { distanceM } from '../../../../src/geo/wgs84.ts'

describe('sim/bench/processes/place', () => {
  it('sets nodes on a square grid around the middle, every one elsewhere', () => {
    const places = Array.from({ length: 9 }, (_, i) => gridM(i, 9, 100))
    assert.deepEqual(places[0], [-100, -100])
    assert.deepEqual(places[4], [0, 0])
    assert.equal(new Set(places.map(String)).size, 9)
  })

  it('is right about metres', () => {
    const [a, b] = [spotAt(0, 0, 0), spotAt(300, 400, 0)]
    const e7 = (deg: number) => Math.round(deg * 1e7)
    const apartM = distanceM(e7(a.latDeg), e7(a.lngDeg), e7(b.latDeg), e7(b.lngDeg))
    assert.ok(Math.abs(apartM - 500) < 2, `${apartM} m`)
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { metresPerE7, wrapLonE7 } from '../../../src/geo/wgs84.ts'
import { comesNear } from '../../../src/position/nearness.ts'
import type { VehicleFix } from '../../../src/position/position.ts'
import { anyPlace, anyVelocity, fixWith } from './samples.ts'

const LOOKAHEAD_S = 15

interface Pair {
  readonly own: VehicleFix
  readonly other: VehicleFix
  /** From own to other, metres north, east, up; and how that changes per second. */
  readonly apart: readonly [number, number, number]
  readonly drift: readonly [number, number, number]
}

const metres = fc.integer({ min: -600, max: 600 })
const anyPair: fc.Arbitrary<Pair> = fc
  .tuple(anyPlace, anyVelocity, anyVelocity, metres, metres, fc.integer({ min: -150, max: 150 }))
  .map(([place, ownVelocity, otherVelocity, n, e, u]) => {
    const scale = metresPerE7(place.latE7)
    const other = {
      latE7: place.latE7 + Math.round(n / scale.lat),
      lonE7: wrapLonE7(place.lonE7 + Math.round(e / scale.lon)),
      altMm: place.altMm + u * 1000,
    }
    return {
      own: fixWith({ ...place, ...ownVelocity }),
      other: fixWith({ ...other, ...otherVelocity }),
      apart: [n, e, u],
      drift: [
        (otherVelocity.vnCms - ownVelocity.vnCms) / 100,
        (otherVelocity.veCms - ownVelocity.veCms) / 100,
        (ownVelocity.vdCms - otherVelocity.vdCms) / 100,
      ],
    }
  })

/** The nearest the two come, in metres, by looking every 5 ms. */
function sweepM({ apart, drift }: Pair): number {
  let nearest = Number.POSITIVE_INFINITY
  for (let s = 0; s <= LOOKAHEAD_S; s += 0.005) {
    const [n, e, u] = [0, 1, 2].map(axis => (apart[axis] ?? 0) + (drift[axis] ?? 0) * s)
    nearest = Math.min(nearest, Math.hypot(n ?? 0, e ?? 0, u ?? 0))
  }
  return nearest
}

describe('nearness', () => {
  it('is what a sweep through time finds', () => {
    fc.assert(
      fc.property(anyPair, pair => {
        const nearestM = sweepM(pair)
        // The sweep steps up to 0.3 m, the map's scale drifts by 1 part in 1e4.
        assert.ok(comesNear(pair.own, pair.other, nearestM + 0.5, LOOKAHEAD_S))
        if (nearestM > 0.5) assert.equal(comesNear(pair.own, pair.other, nearestM - 0.5, LOOKAHEAD_S), false)
      }),
    )
  })

  it('is mutual', () => {
    fc.assert(
      fc.property(anyPair, pair => {
        // At the bound itself, the two would measure with scales of different latitudes.
        const nearM = 50
        if (Math.abs(sweepM(pair) - nearM) < 0.5) return
        const mine = comesNear(pair.own, pair.other, nearM, LOOKAHEAD_S)
        assert.equal(comesNear(pair.other, pair.own, nearM, LOOKAHEAD_S), mine)
      }),
    )
  })

  it('looks no further ahead than asked, and not behind', () => {
    const own = fixWith()
    const scale = metresPerE7(own.latE7)
    const north = fixWith({ latE7: own.latE7 + Math.round(1_000 / scale.lat), vnCms: -2_000 })
    assert.equal(comesNear(own, north, 50, 47), false)
    assert.ok(comesNear(own, north, 50, 48))
    assert.equal(comesNear(own, { ...north, vnCms: 2_000 }, 50, 1_000), false)
  })

  it('counts height', () => {
    const own = fixWith()
    assert.ok(comesNear(own, fixWith({ altMm: own.altMm + 50_000 }), 50, LOOKAHEAD_S))
    assert.equal(comesNear(own, fixWith({ altMm: own.altMm + 50_001 }), 50, LOOKAHEAD_S), false)
    assert.ok(comesNear(own, fixWith({ altMm: own.altMm + 100_000, vdCms: 500 }), 50, LOOKAHEAD_S))
  })

  it('knows no date line', () => {
    const east = fixWith({ latE7: 0, lonE7: 1_799_999_900 })
    assert.ok(comesNear(east, { ...east, lonE7: -1_799_999_900 }, 50, LOOKAHEAD_S))
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { wrapLonE7 } from '../../../../src/geo/wgs84.ts'
import { type Area, gapMm, polygonFaults } from '../../../../src/policy/rules/area.ts'
import type { Point } from '../../../../src/policy/rules/situation.ts'
import { at } from './samples.ts'

const point = (eastM: number, northM: number): Point => {
  const { latE7, lonE7 } = at(eastM, northM)
  return { latE7, lonE7 }
}
const square = {
  shape: 'polygon',
  vertices: [point(0, 0), point(100, 0), point(100, 100), point(0, 100)],
} as const
const circle: Area = { shape: 'circle', centre: point(0, 0), radiusMm: 100_000 }

/** A coordinate is good to a centimetre, and flattening at another latitude to some more. */
const isAbout = (actual: number, expectedM: number): void =>
  assert.ok(Math.abs(actual - expectedM * 1000) <= 20, `${actual} mm is not ${expectedM} m`)

describe('gapMm', () => {
  it('is how far inside a point is, positive', () => {
    isAbout(gapMm(square, point(30, 50), point(30, 50)), 30)
    isAbout(gapMm(circle, point(0, 40), point(0, 40)), 60)
  })

  it('is how far outside a point is, negative', () => {
    isAbout(gapMm(square, point(103, 104), point(103, 104)), -5)
    isAbout(gapMm(circle, point(30, 140), point(-30, 140)), -40)
  })

  it('is the nearest that a way comes', () => {
    isAbout(gapMm(square, point(20, 20), point(90, 50)), 10)
    isAbout(gapMm(circle, point(-80, 0), point(50, 0)), 20)
  })

  it('is zero where a way crosses, enters, leaves or touches', () => {
    assert.equal(gapMm(square, point(-50, 50), point(150, 50)), 0)
    assert.equal(gapMm(square, point(50, 50), point(150, 50)), 0)
    assert.equal(gapMm(square, point(0, 50), point(0, 50)), 0)
    assert.equal(gapMm(square, point(100, 100), point(200, 200)), 0)
    assert.equal(gapMm(circle, point(-200, 0), point(200, 0)), 0)
    assert.equal(gapMm(circle, point(0, 0), point(200, 0)), 0)
  })

  it('is NaN where a coordinate is none, so that nobody takes it for a place', () => {
    const nowhere = { ...point(0, 0), lonE7: Number.NaN }
    for (const area of [square, circle]) {
      assert.equal(gapMm(area, nowhere, point(0, 0)), Number.NaN)
      assert.equal(gapMm(area, point(0, 0), nowhere), Number.NaN)
    }
  })

  // Corners at rising angles around a centre: never crosses itself, often far from convex.
  const anyStar = fc
    .tuple(fc.array(fc.integer({ min: 20, max: 300 }), { minLength: 3, maxLength: 9 }))
    .map(([radii]) =>
      radii.map((radiusM, i) => {
        const angle = (2 * Math.PI * i) / radii.length
        return point(radiusM * Math.cos(angle), radiusM * Math.sin(angle))
      }),
    )
  const anyPoint = fc.tuple(fc.integer({ min: -400, max: 400 }), fc.integer({ min: -400, max: 400 }))

  it('has the sign that every point of the way has, and is no more than any of them is from the edge', () => {
    fc.assert(
      fc.property(anyStar, anyPoint, anyPoint, (vertices, [east, north], [toEast, toNorth]) => {
        const area: Area = { shape: 'polygon', vertices }
        const gap = gapMm(area, point(east, north), point(toEast, toNorth))
        for (let i = 0; i <= 50; i++) {
          const step = point(east + ((toEast - east) * i) / 50, north + ((toNorth - north) * i) / 50)
          const here = gapMm(area, step, step)
          // A way that stays 2 cm clear has all its points there; a point of it is rounded to a centimetre.
          if (Math.abs(gap) > 20) assert.equal(Math.sign(here), Math.sign(gap))
          assert.ok(Math.abs(here) >= Math.abs(gap) - 20, `${here} is nearer than ${gap}`)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is the same whichever way a polygon is written, and whichever way it is flown', () => {
    fc.assert(
      fc.property(anyStar, anyPoint, anyPoint, (vertices, from, to) => {
        const [a, b] = [point(...from), point(...to)]
        const gap = gapMm({ shape: 'polygon', vertices }, a, b)
        assert.equal(gapMm({ shape: 'polygon', vertices }, b, a), gap)
        const reversed = gapMm({ shape: 'polygon', vertices: vertices.toReversed() }, a, b)
        // Flattened from another corner, a scale that is one in a million off.
        assert.ok(Math.abs(reversed - gap) <= 20, `${reversed} and ${gap}`)
      }),
    )
  })

  it('knows no border at the date line', () => {
    const shiftE7 = 1_800_000_000 - point(50, 50).lonE7
    const moved = ({ latE7, lonE7 }: Point): Point => ({ latE7, lonE7: wrapLonE7(lonE7 + shiftE7) })
    const abroad: Area = { shape: 'polygon', vertices: square.vertices.map(moved) }
    const ways = [
      [point(30, 50), point(90, 60)],
      [point(-50, 50), point(150, 50)],
      [point(120, 0), point(130, 100)],
    ] as const
    for (const [a, b] of ways) assert.equal(gapMm(abroad, moved(a), moved(b)), gapMm(square, a, b))
  })
})

describe('polygonFaults', () => {
  it('finds none in a good one', () => {
    assert.deepEqual(polygonFaults(square.vertices), [])
  })

  it('finds edges that cross, touch or fold back, corners there twice, and what is too far', () => {
    const [a, b, c, d] = [point(0, 0), point(100, 0), point(100, 100), point(0, 100)]
    assert.deepEqual(polygonFaults([a, c, b, d]), ['edges 0 and 2 meet'])
    assert.deepEqual(polygonFaults([a, b, c, c, d]), [
      'edges 1 and 2 meet',
      'edges 1 and 3 meet',
      'vertex 2 is there twice: leave one out',
      'edges 2 and 3 meet',
    ])
    assert.deepEqual(polygonFaults([a, b, point(50, 0), d]).at(0), 'edges 0 and 1 meet')
    assert.deepEqual(polygonFaults([a, b, point(0, 150_000)]), ['vertex 2 is over 100 km from vertex 0'])
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { metresPerE7 } from '../../../src/geo/wgs84.ts'
import { type Belief, believe } from '../../../src/position/belief.ts'
import { extrapolate, separationMm } from '../../../src/position/dead-reckoning.ts'
import type { Position } from '../../../src/position/position.ts'
import { anyPlace, anyVelocity, positionWith } from './samples.ts'

const BOUND_MM = 500
const SILENT_SPEED_MPS = 15
const CAP_MS = 30_000

const accuracy = fc.constantFrom(null, 0, 10, 300, 65_534)
const anyReport: fc.Arbitrary<Position> = fc
  .tuple(anyPlace, anyVelocity, fc.integer({ min: 1, max: 255 }), accuracy, accuracy)
  .map(([place, velocity, tenths, accHDm, accVDm]) =>
    positionWith({ ...place, ...velocity, validMs: tenths * 100, accHDm, accVDm }),
  )
const anyAge = fc.integer({ min: 0, max: CAP_MS })

/** Horizontal distance in mm: two points taken to be equally high. */
const apartMm = (a: { latE7: number; lonE7: number }, b: { latE7: number; lonE7: number }): number =>
  separationMm({ ...a, altMm: 0 }, { ...b, altMm: 0 })

describe('belief', () => {
  it('is a point, extrapolated, while the report is valid, and a volume from then on', () => {
    fc.assert(
      fc.property(anyReport, anyAge, (report, ageMs) => {
        const belief = believe(report, ageMs, BOUND_MM)
        assert.equal(belief.kind, ageMs <= report.validMs ? 'point' : 'volume')
        assert.equal(belief.ageMs, ageMs)
        if (belief.kind === 'point') assert.equal(separationMm(belief, extrapolate(report, ageMs)), 0)
      }),
    )
  })

  it('is at first as uncertain as the accuracy and the bound of dead reckoning', () => {
    const belief = believe(positionWith({ accHDm: 10, accVDm: 20 }), 0, BOUND_MM)
    assert.deepEqual([belief.horizontalMm, belief.verticalMm], [1_500, 2_500])
  })

  it('does not take an unknown accuracy for a perfect one', () => {
    const unknown = believe(positionWith({ accHDm: null, accVDm: null }), 0, BOUND_MM)
    const perfect = believe(positionWith({ accHDm: 0, accVDm: 0 }), 0, BOUND_MM)
    assert.ok(unknown.horizontalMm >= perfect.horizontalMm + 2_000)
    assert.ok(unknown.verticalMm >= perfect.verticalMm + 2_000)
  })

  it('holds every place that can be reached at the silent speed', () => {
    const silent = fc.record({
      ageMs: fc.integer({ min: 25_501, max: CAP_MS }),
      turn: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(anyReport, silent, (report, { ageMs, turn, part }) => {
        const belief = believe(report, ageMs, BOUND_MM)
        const wayM = (SILENT_SPEED_MPS * part * ageMs) / 1000
        const scale = metresPerE7(report.latE7)
        const there = {
          latE7: report.latE7 + Math.trunc((Math.cos(turn) * wayM) / scale.lat),
          lonE7: report.lonE7 + Math.trunc((Math.sin(turn) * wayM) / scale.lon),
        }
        assert.ok(apartMm(belief, there) <= belief.horizontalMm)
      }),
    )
  })

  /** Whether all of `inner` is in `outer`, within the 5 parts in 1e4 that the scale of the map drifts on the way. */
  const holds = (outer: Belief, inner: Belief, report: Position): boolean => {
    const wayMm = apartMm(inner, outer)
    if (wayMm * 0.9995 + inner.horizontalMm > outer.horizontalMm + 20) return false
    // Growth in height ends at 150 m: what climbs at 8 m/s is there after 18 s.
    if (report.validMs > 18_000) return true
    return Math.abs(inner.altMm - outer.altMm) + inner.verticalMm <= outer.verticalMm + 1
  }

  it('as a volume holds the whole of the last point, however fast it was', () => {
    fc.assert(
      fc.property(anyReport, report => {
        const point = believe(report, report.validMs, BOUND_MM)
        assert.ok(holds(believe(report, report.validMs + 1, BOUND_MM), point, report))
      }),
    )
  })

  it('as a volume holds all that was believed before', () => {
    fc.assert(
      fc.property(anyReport, anyAge, anyAge, (report, a, b) => {
        const before = believe(report, Math.min(a, b), BOUND_MM)
        const after = believe(report, Math.max(a, b), BOUND_MM)
        if (after.kind === 'volume') assert.ok(holds(after, before, report))
      }),
    )
  })

  it('never becomes more certain with age', () => {
    fc.assert(
      fc.property(anyReport, anyAge, fc.integer({ min: 0, max: 600_000 }), (report, ageMs, moreMs) => {
        const before = believe(report, ageMs, BOUND_MM)
        const after = believe(report, ageMs + moreMs, BOUND_MM)
        assert.ok(after.horizontalMm >= before.horizontalMm)
        assert.ok(after.verticalMm >= before.verticalMm)
      }),
    )
  })

  it('stays where it is and does not grow for what stands on the ground', () => {
    fc.assert(
      fc.property(anyReport, anyAge, anyAge, (report, a, b) => {
        const parked = { ...report, status: 'Ground' as const }
        const [one, other] = [a, b].map(ms => believe(parked, ms, BOUND_MM))
        assert.deepEqual({ ...one, ageMs: 0, kind: '' }, { ...other, ageMs: 0, kind: '' })
        assert.equal(one?.latE7, parked.latE7)
      }),
    )
  })

  it('speaks whole millimetres', () => {
    fc.assert(
      fc.property(anyReport, fc.double({ min: 0, max: CAP_MS, noNaN: true }), (report, ageMs) => {
        const { latE7, lonE7, altMm, horizontalMm, verticalMm } = believe(report, ageMs, BOUND_MM)
        for (const value of [latE7, lonE7, altMm, horizontalMm, verticalMm])
          assert.ok(Number.isInteger(value))
      }),
    )
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { lonDifferenceE7, metresPerE7, wrapLonE7 } from '../../../src/geo/wgs84.ts'
import { extrapolate, reckoningErrorMm, separationMm } from '../../../src/position/dead-reckoning.ts'
import type { VehicleFix } from '../../../src/position/position.ts'
import { type Reported, reportDue } from '../../../src/position/publish-rule.ts'
import { anyPlace, anyVelocity, fixWith } from './samples.ts'

const RULE = { floorMs: 1_000, ceilingMs: 100, errorBoundMm: 500 }
const STEP_MS = 100

/** A flight in metres north, east and up of its start, and the fixes that tell of it. */
interface Sample {
  readonly metres: readonly [n: number, e: number, u: number]
  readonly speed: readonly [n: number, e: number, u: number]
  readonly fix: VehicleFix
}

/** Flies smoothly: accelerations (m/s2) of half a second each, speeds within 25 m/s, one sample every 100 ms. */
function fly(
  start: Pick<VehicleFix, 'latE7' | 'lonE7' | 'altMm'>,
  pushes: readonly (readonly number[])[],
): Sample[] {
  const scale = metresPerE7(start.latE7)
  const metres = [0, 0, 0] as [number, number, number]
  const speed = [0, 0, 0] as [number, number, number]
  return pushes.flatMap(push =>
    Array.from({ length: 5 }, () => {
      for (const axis of [0, 1, 2] as const) {
        speed[axis] = Math.max(-25, Math.min(25, speed[axis] + ((push[axis] ?? 0) * STEP_MS) / 1000))
        metres[axis] += (speed[axis] * STEP_MS) / 1000
      }
      const fix = fixWith({
        latE7: start.latE7 + Math.round(metres[0] / scale.lat),
        lonE7: wrapLonE7(start.lonE7 + Math.round(metres[1] / scale.lon)),
        altMm: start.altMm + Math.round(metres[2] * 1000),
        vnCms: Math.round(speed[0] * 100),
        veCms: Math.round(speed[1] * 100),
        vdCms: Math.round(-speed[2] * 100),
      })
      return { metres: [...metres] as const, speed: [...speed] as const, fix }
    }),
  )
}

const anyFlight = fc.record({
  start: anyPlace,
  pushes: fc.array(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 3, maxLength: 3 }), {
    minLength: 4,
    maxLength: 40,
  }),
})

describe('dead reckoning', () => {
  it('leaves what does not move, or not yet, where it is', () => {
    fc.assert(
      fc.property(anyPlace, anyVelocity, (place, velocity) => {
        assert.deepEqual(extrapolate(fixWith({ ...place, ...velocity }), 0), place)
        assert.deepEqual(extrapolate(fixWith(place), 60_000), place)
      }),
    )
  })

  it('goes straight on: the way is speed times time', () => {
    fc.assert(
      fc.property(anyPlace, anyVelocity, fc.integer({ min: 0, max: 10_000 }), (place, velocity, ms) => {
        const there = extrapolate(fixWith({ ...place, ...velocity }), ms)
        const wayMm = (Math.hypot(velocity.vnCms, velocity.veCms, velocity.vdCms) * ms) / 100
        // A unit of longitude is 11 mm at most, one of latitude too: rounding, and 1e-5 of the way.
        assert.ok(Math.abs(separationMm(place, there) - wayMm) <= 12 + wayMm * 1e-4)
      }),
    )
  })

  it('knows down from up, north from south, east from west', () => {
    const from = fixWith()
    assert.ok(extrapolate({ ...from, vdCms: 100 }, 1_000).altMm === from.altMm - 1_000)
    assert.ok(extrapolate({ ...from, vnCms: 100 }, 1_000).latE7 > from.latE7)
    assert.ok(extrapolate({ ...from, veCms: 100 }, 1_000).lonE7 > from.lonE7)
  })

  it('crosses the date line', () => {
    const west = fixWith({ latE7: -170_000_000, lonE7: 1_799_999_000, veCms: 2_000 })
    const there = extrapolate(west, 5_000)
    assert.ok(there.lonE7 < -1_799_990_000 && there.lonE7 >= -1_800_000_000)
    assert.ok(Math.abs(separationMm(west, there) - 100_000) < 20)
    const east = extrapolate(fixWith({ latE7: -170_000_000, lonE7: -1_799_999_000, veCms: -2_000 }), 5_000)
    assert.ok(east.lonE7 > 1_799_990_000)
  })

  it('is off by nothing from what it foretold', () => {
    fc.assert(
      fc.property(anyPlace, anyVelocity, fc.integer({ min: 0, max: 3_000 }), (place, velocity, ms) => {
        const fix = fixWith({ ...place, ...velocity })
        assert.equal(reckoningErrorMm(fix, extrapolate(fix, ms), ms), 0)
      }),
    )
  })

  it('keeps every neighbour within the bound on any smooth flight, the date line and 64 north included', () => {
    fc.assert(
      fc.property(anyFlight, ({ start, pushes }) => {
        let last: (Reported & { sample: Sample }) | null = null
        for (const [i, sample] of fly(start, pushes).entries()) {
          const nowUs = i * STEP_MS * 1000
          if (reportDue(RULE, last, sample.fix, nowUs, false, STEP_MS))
            last = { fix: sample.fix, atUs: nowUs, sample }
          assert.ok(last !== null)
          const s = (nowUs - last.atUs) / 1e6
          const { metres, speed } = last.sample
          const off = ([0, 1, 2] as const).map(axis => sample.metres[axis] - metres[axis] - speed[axis] * s)
          // 40 mm: degrees and speeds are told in whole units, and the scale of the map drifts with latitude.
          assert.ok(Math.hypot(...off) * 1000 <= RULE.errorBoundMm + 40)
        }
      }),
    )
  })

  it('needs far fewer reports than fixes on a straight flight', () => {
    const straight = fly({ latE7: 640_000_000, lonE7: 0, altMm: 0 }, [
      [3, 1, 0],
      ...Array(60).fill([0, 0, 0]),
    ])
    let reports = 0
    let last: Reported | null = null
    for (const [i, { fix }] of straight.entries()) {
      if (!reportDue(RULE, last, fix, i * STEP_MS * 1000, false, STEP_MS)) continue
      last = { fix, atUs: i * STEP_MS * 1000 }
      reports++
    }
    assert.ok(reports <= 35, `${reports} reports in ${straight.length / 10} s`)
    assert.ok(lonDifferenceE7(straight.at(-1)?.fix.lonE7 ?? 0, 0) > 0)
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { VehicleFix } from '../../../src/position/position.ts'
import { type Reported, reportDue } from '../../../src/position/publish-rule.ts'
import { fixWith, HOVER } from './samples.ts'

const RULE = { floorMs: 1_000, ceilingMs: 100, errorBoundMm: 500 }
const last: Reported = { fix: HOVER, atUs: 7_000_000 }

const due = (fix: VehicleFix, afterMs: number, near = false): boolean =>
  reportDue(RULE, last, fix, last.atUs + afterMs * 1000, near, 1)

/** The times, in ms, of the reports made of a fix every `everyMs`. */
function reportsOf(everyMs: number, fixes: number, near = false): number[] {
  const times: number[] = []
  let reported: Reported | null = null
  for (let i = 0; i < fixes; i++) {
    const atUs = Math.round(i * everyMs * 1000)
    if (!reportDue(RULE, reported, HOVER, atUs, near, everyMs)) continue
    reported = { fix: HOVER, atUs }
    times.push(atUs / 1000)
  }
  return times
}

/** 1 m north of where the last report says. */
const ASTRAY = fixWith({ latE7: HOVER.latE7 + 90 })

describe('publish rule', () => {
  it('reports the first fix', () => {
    assert.ok(reportDue(RULE, null, HOVER, 0, false, 100))
  })

  it('never reports more often than the ceiling, whatever happens', () => {
    const anyFix = fc.constantFrom(HOVER, ASTRAY, fixWith({ status: 'Emergency' }))
    fc.assert(
      fc.property(anyFix, fc.integer({ min: 0, max: 89 }), fc.boolean(), (fix, afterMs, near) => {
        assert.equal(due(fix, afterMs, near), false)
      }),
    )
  })

  it('always reports after the floor, though nothing changed', () => {
    assert.equal(due(HOVER, 990), false)
    assert.ok(due(HOVER, 1_000))
    assert.ok(due(HOVER, 50_000))
  })

  it('reports what neighbours could not foretell', () => {
    assert.ok(due(ASTRAY, 100))
    assert.equal(due(fixWith({ latE7: HOVER.latE7 + 40 }), 100), false)
  })

  it('reports a change of status at the ceiling', () => {
    assert.ok(due(fixWith({ status: 'Emergency' }), 100))
    assert.equal(due(fixWith({ batteryPct: 79 }), 100), false)
  })

  it('reports every fix while somebody is near', () => {
    assert.ok(due(HOVER, 100, true))
    assert.equal(reportsOf(100, 50, true).length, 50)
  })

  it('reports at 10 Hz though the timer is early by a hair', () => {
    assert.equal(reportsOf(95, 50, true).length, 50)
  })

  it('keeps to the ceiling with a vehicle that is faster', () => {
    const times = reportsOf(10, 500, true)
    assert.ok(times.length <= 5_000 / 90 + 1)
  })

  it('never reports less often than the floor with any vehicle that is at least as fast', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 1_000 }), everyMs => {
        const times = reportsOf(everyMs, 200)
        for (const [i, time] of times.entries()) assert.ok(time - (times[i - 1] ?? time) <= 1_000)
      }),
    )
  })

  it('reports less than twice a second of what hovers, with any vehicle at 2 Hz or more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 490 }), everyMs => {
        const times = reportsOf(everyMs, 200)
        assert.ok(times.length <= 2 + (everyMs * 200) / 500)
      }),
    )
  })

  it('reports once a second with a vehicle that has a fix a second, though its timer is early by a hair', () => {
    assert.equal(reportsOf(1_000, 30).length, 30)
    assert.equal(reportsOf(995, 30).length, 30)
  })
})

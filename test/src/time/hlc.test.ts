import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HLC_MAX, hlcMs, hlcOfMs, hlcReceive, hlcTick } from '../../../src/time/hlc.ts'

const T = 1_780_272_000_000
const BOUND_MS = 1_000
const anyMs = fc.integer({ min: 0, max: 8_000_000_000_000 })

describe('hybrid logical clock', () => {
  it('keeps the millisecond it was made of', () => {
    fc.assert(fc.property(anyMs, ms => hlcMs(hlcOfMs(ms)) === ms && Number.isSafeInteger(hlcOfMs(ms))))
  })

  it('orders as time does', () => {
    fc.assert(fc.property(anyMs, anyMs, (a, b) => a < b === hlcOfMs(a) < hlcOfMs(b)))
  })

  it('holds until the year 2248', () => {
    const date = Date.UTC(2248, 0, 1)
    assert.ok(hlcOfMs(date) <= HLC_MAX)
    assert.equal(hlcMs(hlcOfMs(date)), date)
  })

  it('rises strictly, whatever the wall clock does, and is never behind it', () => {
    fc.assert(
      fc.property(fc.array(anyMs, { maxLength: 50 }), walls => {
        let last = 0
        for (const wallMs of walls) {
          const next = hlcTick(last, wallMs)
          assert.ok(next > last)
          assert.ok(hlcMs(next) >= wallMs)
          last = next
        }
      }),
    )
  })

  it('takes whole milliseconds of a wall clock that tells fractions', () => {
    const stamp = hlcTick(0, T + 0.75)
    assert.ok(Number.isSafeInteger(stamp))
    assert.equal(hlcMs(stamp), T)
  })

  it('errs by at most a millisecond per 1024 events in one', () => {
    let last = 0
    for (let i = 0; i < 5_000; i++) last = hlcTick(last, T)
    assert.ok(hlcMs(last) - T <= Math.ceil(5_000 / 1024))
  })

  it('puts every later stamp above one received, and never refuses one within the bound', () => {
    fc.assert(
      fc.property(anyMs, anyMs, fc.integer({ min: 0, max: 1023 }), (lastMs, wallMs, counter) => {
        for (const aheadMs of [-100_000, -1, 0, 1, BOUND_MS]) {
          const seen = hlcOfMs(Math.max(0, wallMs + aheadMs)) + counter
          const folded = hlcReceive(hlcOfMs(lastMs), seen, wallMs, BOUND_MS)
          assert.ok(folded !== null, `${aheadMs} ms ahead was refused`)
          assert.ok(folded >= seen && folded >= hlcOfMs(lastMs))
          assert.ok(hlcTick(folded, wallMs) > seen)
        }
      }),
    )
  })

  it('refuses one that is further ahead than the bound', () => {
    fc.assert(
      fc.property(anyMs, fc.integer({ min: 1, max: 1e9 }), (wallMs, beyondMs) => {
        assert.equal(hlcReceive(0, hlcOfMs(wallMs + BOUND_MS + beyondMs), wallMs, BOUND_MS), null)
      }),
    )
  })
})

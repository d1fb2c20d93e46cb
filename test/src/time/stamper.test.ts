import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hlcMs, hlcOfMs } from '../../../src/time/hlc.ts'
import { Stamper } from '../../../src/time/stamper.ts'

const T = 1_780_272_000_000
const BOUND_MS = 1_000

describe('stamper', () => {
  it('gives each stamp above the last while the clock stays within the bound', () => {
    const wobbles = fc.array(fc.integer({ min: -400, max: 400 }), { maxLength: 100 })
    fc.assert(
      fc.property(wobbles, offsets => {
        const stamper = new Stamper(BOUND_MS)
        let last = 0
        for (const offset of offsets) {
          const next = stamper.next(T + offset)
          assert.ok(next > last)
          last = next
        }
      }),
    )
  })

  it('stamps above what it received', () => {
    const stamper = new Stamper(BOUND_MS)
    assert.equal(stamper.receive(hlcOfMs(T + 900) + 7, T), true)
    assert.ok(stamper.next(T) > hlcOfMs(T + 900) + 7)
  })

  it('is not moved by a stamp beyond the bound', () => {
    const stamper = new Stamper(BOUND_MS)
    assert.equal(stamper.receive(hlcOfMs(T + BOUND_MS + 1), T), false)
    assert.equal(hlcMs(stamper.next(T)), T)
  })

  it('comes back to the present after a clock that ran an hour ahead was put right', () => {
    const stamper = new Stamper(BOUND_MS)
    stamper.next(T + 3_600_000)
    const first = stamper.next(T)
    assert.ok(hlcMs(first) <= T + BOUND_MS)
    assert.ok(stamper.next(T) > first)
  })

  it('rises though the clock moves from one end of its bound to the other', () => {
    const stamper = new Stamper(BOUND_MS)
    const given = stamper.next(T + BOUND_MS)
    assert.ok(stamper.next(T - BOUND_MS) > given, 'a neighbour that took the first would ignore the second')
  })
})

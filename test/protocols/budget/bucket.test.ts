import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Bucket } from '../../../protocols/budget/bucket.ts'

describe('bucket', () => {
  it('lets a burst through, then so many a second', () => {
    const bucket = new Bucket(2, 5)
    const taken = (nowMs: number, tries: number) =>
      Array.from({ length: tries }, () => bucket.take(nowMs)).filter(Boolean).length
    assert.equal(taken(0, 20), 5)
    assert.equal(taken(1_000, 20), 2)
    assert.equal(taken(1_400, 20), 0)
    assert.equal(taken(1_500, 20), 1)
  })

  it('never saves up more than a burst, and gives nothing for a clock that goes back', () => {
    const bucket = new Bucket(2, 5)
    for (let i = 0; i < 5; i++) bucket.take(0)
    assert.equal(Array.from({ length: 20 }, () => bucket.take(3_600_000)).filter(Boolean).length, 5)
    assert.equal(bucket.take(0), false)
    bucket.give(100)
    assert.equal(bucket.take(0, 6), false)
    assert.equal(bucket.take(0, 5), true)
  })

  it('gives out no more in any stretch of time than its rate and one burst', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 2_000 }),
      amount: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 59 }), (steps, from) => {
        const bucket = new Bucket(10, 30)
        let nowMs = 0
        let sinceMs = 0
        let given = 0
        for (const [i, { afterMs, amount }] of steps.entries()) {
          nowMs += afterMs
          const taken = bucket.take(nowMs, amount)
          if (i < from) continue
          if (i === from) sinceMs = nowMs
          if (taken) given += amount
        }
        assert.ok(given <= 30 + (10 * (nowMs - sinceMs)) / 1000 + 1e-9)
      }),
    )
  })
})

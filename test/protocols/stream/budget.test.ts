import assert from 'node:assert/strict'
import { Budget } from '../../../protocols/stream/budget.ts'

describe('budget', () => {
  it('lets a burst through, then so many a second', () => {
    const budget = new Budget(2, 5)
    const taken = (nowMs: number, tries: number) =>
      Array.from({ length: tries }, () => budget.take(nowMs)).filter(Boolean).length
    assert.equal(taken(0, 20), 5)
    assert.equal(taken(1_000, 20), 2)
    assert.equal(taken(1_400, 20), 0)
    assert.equal(taken(1_500, 20), 1)
  })

  it('never saves up more than a burst, and gives nothing for a clock that goes back', () => {
    const budget = new Budget(2, 5)
    for (let i = 0; i < 5; i++) budget.take(0)
    assert.equal(Array.from({ length: 20 }, () => budget.take(3_600_000)).filter(Boolean).length, 5)
    assert.equal(budget.take(0), false)
  })
})

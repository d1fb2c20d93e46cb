import assert from 'node:assert/strict'
import { median, percentile } from '../../../sim/bench/result.ts'

describe('sim/bench/result', () => {
  it('takes medians and percentiles of any order, and has none of nothing', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(percentile([5, 1, 4, 2, 3], 0.99), 5)
    assert.equal(percentile([5, 1, 4, 2, 3], 0), 1)
    assert.ok(Number.isNaN(median([])))
  })
})

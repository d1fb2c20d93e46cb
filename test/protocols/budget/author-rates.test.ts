import assert from 'node:assert/strict'
import { AuthorRates } from '../../../protocols/budget/author-rates.ts'
import { AUTHOR_REPORTS } from '../../../protocols/budget/limits.ts'

describe('author rates', () => {
  it('hear an author at 50 Hz for ever, and all of half a minute at once', () => {
    const rates = new AuthorRates(10)
    for (let ms = 0; ms < 600_000; ms += 20) assert.ok(rates.take('a', ms))
    for (let i = 0; i < 30 * AUTHOR_REPORTS.perS; i++) assert.ok(rates.take('a', 700_000))
    assert.equal(rates.take('a', 700_000), false)
  })

  it('hear little of one that makes 500 a second, and all of the others', () => {
    const rates = new AuthorRates(10)
    let heard = 0
    for (let ms = 0; ms < 60_000; ms += 2) {
      if (rates.take('loud', ms)) heard++
      if (ms % 100 === 0) assert.ok(rates.take('b', ms))
    }
    assert.ok(heard <= AUTHOR_REPORTS.burst + 60 * AUTHOR_REPORTS.perS)
  })

  it('are bounded, and keep whoever is heard while strangers come and go', () => {
    const rates = new AuthorRates(100)
    while (rates.take('loud', 0));
    for (let i = 0; i < 5_000; i++) {
      rates.take(`stranger-${i}`, 0)
      if (i % 50 === 0) assert.equal(rates.take('loud', 0), false)
    }
  })
})

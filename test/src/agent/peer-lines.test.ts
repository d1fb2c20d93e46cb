import assert from 'node:assert/strict'
import { PeerLines } from '../../../src/agent/peer-lines.ts'

const MINUTE_US = 60_000_000

describe('peer lines', () => {
  it('give one peer ten lines a minute and tell what was left out', () => {
    const lines = new PeerLines()
    const taken = Array.from({ length: 25 }, (_, i) => lines.take('flapper', i))
    assert.deepEqual(taken.slice(0, 10), Array(10).fill(0))
    assert.deepEqual(taken.slice(10), Array(15).fill(null))
    assert.equal(lines.take('another', 30), 15)
    assert.equal(lines.take('flapper', MINUTE_US + 1), 0)
  })

  it('give a crowd with fresh names three hundred', () => {
    const lines = new PeerLines()
    const taken = Array.from({ length: 1_000 }, (_, i) => lines.take(`sybil-${i}`, i))
    assert.equal(taken.filter(suppressed => suppressed !== null).length, 300)
  })
})

import assert from 'node:assert/strict'
import { SeenMessages } from '../../../protocols/gossip/seen.ts'

describe('protocols/gossip/seen', () => {
  it('remembers an id for at least its time and at most twice that', () => {
    let nowMs = 0
    const seen = new SeenMessages(1_000, 100, () => nowMs)
    nowMs = 900
    seen.put('a')
    nowMs = 1_000
    seen.prune()
    assert.ok(seen.has('a'))
    nowMs = 1_900
    seen.prune()
    assert.ok(seen.has('a'))
    nowMs = 2_000
    seen.prune()
    assert.ok(!seen.has('a'))
    assert.equal(seen.size, 0)
  })

  it('is bounded: a flood shortens its memory', () => {
    const seen = new SeenMessages(1_000, 100, () => 0)
    for (let i = 0; i < 10_000; i++) seen.put(String(i))
    assert.ok(seen.size <= 200)
    assert.ok(seen.has('9999'))
    assert.ok(!seen.has('0'))
    seen.clear()
    assert.ok(!seen.has('9999'))
  })
})

import assert from 'node:assert/strict'
import { SeenCommands } from '../../../src/agent/seen-commands.ts'
import { signedBy } from './command-net.ts'

const command = (issuedMs: number, author = 'boss') => signedBy(author, { target: 'drone', issuedMs })

describe('commands seen', () => {
  it('are known again by author and nonce', () => {
    const seen = new SeenCommands()
    const one = command(1)
    seen.add(one, 'peer', 0)
    assert.equal(seen.get(one)?.from, 'peer')
    assert.equal(seen.get({ author: 'other', nonce: one.nonce }), undefined)
    assert.equal(seen.get(command(1)), undefined)
  })

  it('are bounded, and whatever is as old as one that was forgotten may be that one', () => {
    const seen = new SeenCommands()
    const all = Array.from({ length: 6_000 }, (_, i) => command(i))
    for (const [i, one] of all.entries()) assert.ok(seen.add(one, 'peer', i * 60_000_000))
    assert.equal(seen.size, 4_096)
    for (const one of all) assert.ok(seen.get(one) !== undefined || seen.isForgotten(one))
    assert.ok(!seen.isForgotten(command(6_000)))
    assert.ok(!seen.isForgotten(command(0, 'another')), 'each author for itself')
  })

  it('regression: are kept while they may be valid: new ones are not taken instead', () => {
    const seen = new SeenCommands()
    const first = command(0)
    for (const one of [first, ...Array.from({ length: 4_095 }, (_, i) => command(i + 1))])
      assert.ok(seen.add(one, 'peer', 0))
    assert.equal(seen.add(command(5_000), 'peer', 59_000_000), false)
    assert.ok(seen.get(first))
    assert.ok(seen.add(command(5_001), 'peer', 60_000_000))
  })
})

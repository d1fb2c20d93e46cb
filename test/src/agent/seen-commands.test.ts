import assert from 'node:assert/strict'
import { SeenCommands } from '../../../src/agent/seen-commands.ts'
import { signedBy } from './command-net.ts'

const command = (issuedMs: number, author = 'boss') => signedBy(author, { target: 'drone', issuedMs })

describe('commands seen', () => {
  it('are known again by author and nonce', () => {
    const seen = new SeenCommands()
    const one = command(1)
    seen.add(one, 'peer')
    assert.equal(seen.get(one)?.from, 'peer')
    assert.equal(seen.get({ author: 'other', nonce: one.nonce }), undefined)
    assert.equal(seen.get(command(1)), undefined)
  })

  it('are bounded, and whatever is as old as one that was forgotten may be that one', () => {
    const seen = new SeenCommands()
    const all = Array.from({ length: 6_000 }, (_, i) => command(i))
    for (const one of all) seen.add(one, 'peer')
    assert.equal(seen.size, 4_096)
    for (const one of all) assert.ok(seen.get(one) !== undefined || seen.isForgotten(one))
    assert.ok(!seen.isForgotten(command(6_000)))
    assert.ok(!seen.isForgotten(command(0, 'another')), 'each author for itself')
  })
})

import assert from 'node:assert/strict'
import { supersedes } from '../../../src/policy/revocations.ts'
import { listOf } from './samples.ts'

describe('revocation lists', () => {
  const held = listOf({ epoch: 5, issuer: 1 })

  it('the first one counts', () => assert.ok(supersedes(listOf({ epoch: 1 }), null)))

  it('a higher epoch replaces a lower, never the other way', () => {
    assert.ok(supersedes(listOf({ epoch: 6 }), held))
    assert.ok(!supersedes(listOf({ epoch: 5 }), held))
    assert.ok(!supersedes(listOf({ epoch: 4 }), held))
  })

  it('one that disowns the signer of the held one replaces it, whatever the epochs', () => {
    assert.ok(supersedes(listOf({ epoch: 2, issuer: 0, issuers: [1] }), held))
    assert.ok(supersedes(listOf({ epoch: 2, issuer: 2, issuers: [1] }), held))
    assert.ok(!supersedes(listOf({ epoch: 2, issuer: 0, issuers: [3] }), held))
  })

  it('one by a disowned key never replaces the one that disowns it', () => {
    const disowning = listOf({ epoch: 2, issuer: 0, issuers: [1] })
    assert.ok(!supersedes(listOf({ epoch: 999, issuer: 1 }), disowning))
    assert.ok(supersedes(listOf({ epoch: 3, issuer: 2, issuers: [1] }), disowning))
  })
})

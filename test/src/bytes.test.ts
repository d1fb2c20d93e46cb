import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareBytes, equalBytes } from '../../src/bytes.ts'

const anyBytes = fc.uint8Array({ maxLength: 6 })

describe('bytes', () => {
  it('are in the order of memcmp, the shorter first', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b))
      }),
    )
  })

  it('are in a total order: equal only if the same, opposite when turned round', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        assert.equal(compareBytes(a, b) === 0, Buffer.from(a).equals(b))
        assert.equal(equalBytes(a, b), Buffer.from(a).equals(b))
        assert.equal(Math.sign(compareBytes(a, b)) + Math.sign(compareBytes(b, a)), 0)
      }),
    )
  })
})

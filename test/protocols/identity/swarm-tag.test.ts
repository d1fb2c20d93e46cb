import assert from 'node:assert/strict'
import fc from 'fast-check'
import { signedBytes, signingContext } from '../../../protocols/identity/swarm-tag.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const anyBytes = fc.uint8Array({ maxLength: 100 })

describe('signing context', () => {
  it('differs by kind and by swarm, also where their names run together', () => {
    const contexts = [
      ['position', 'alpha'],
      ['position', 'beta'],
      ['positio', 'nalpha'],
      ['hello', 'alpha'],
      ['position', ''],
    ].map(([kind, swarm]) => text(signingContext(kind ?? '', swarm ?? '')))
    assert.equal(new Set(contexts).size, contexts.length)
    for (const context of contexts)
      for (const other of contexts) assert.ok(context === other || !other.startsWith(context))
  })

  it('goes before the message', () => {
    fc.assert(
      fc.property(anyBytes, message => {
        const context = signingContext('position', 'alpha')
        assert.deepEqual(signedBytes(context, message), Uint8Array.from([...context, ...message]))
      }),
    )
  })

  it('refuses a swarm id that is too long', () => {
    assert.throws(() => signingContext('position', 'x'.repeat(300)), /too long: use at most 200 bytes/)
  })
})

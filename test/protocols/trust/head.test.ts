import assert from 'node:assert/strict'
import fc from 'fast-check'
import { openHead, sealHead } from '../../../protocols/trust/head.ts'
import { plainRecord, refusedBy, refusesDamage } from './damage.ts'
import { EGRET, HEAD, HERON, HERON_SIGNER, headBytes, SWARM, verify } from './samples.ts'

const refused = refusedBy(bytes => openHead(bytes, SWARM, verify))

describe('log head', () => {
  refusesDamage(headBytes, refused)

  it('says all that was signed, whatever that was', () => {
    const anyHead = plainRecord({
      boot: fc.maxSafeNat(),
      seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    })
    fc.assert(
      fc.property(anyHead, some => {
        const sealed = sealHead({ agent: HERON, ...some }, SWARM, HERON_SIGNER.sign)
        assert.deepEqual(openHead(sealed.bytes, SWARM, verify), sealed)
      }),
      { numRuns: 100 },
    )
  })

  it('is refused from another swarm, and from whoever signs for another', () => {
    assert.match(
      refused(sealHead(HEAD, 'south', HERON_SIGNER.sign).bytes) ?? '',
      /never signed in this swarm/,
    )
    assert.match(
      refused(sealHead({ ...HEAD, agent: EGRET }, SWARM, HERON_SIGNER.sign).bytes) ?? '',
      /never signed in this swarm/,
    )
  })
})

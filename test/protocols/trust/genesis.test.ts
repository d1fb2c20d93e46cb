import assert from 'node:assert/strict'
import fc from 'fast-check'
import { openGenesis, sealGenesis } from '../../../protocols/trust/genesis.ts'
import { equalBytes } from '../../../src/bytes.ts'
import type { Genesis } from '../../../src/policy/genesis.ts'
import { plainRecord, refusedBy, refusesDamage } from './damage.ts'
import { EGRET, GENESIS, genesisBytes, HERON, ROOT, STRANGER, verify } from './samples.ts'

describe('genesis', () => {
  const refused = refusedBy(bytes => openGenesis(bytes, verify))
  refusesDamage(genesisBytes, refused)

  it('says all that was signed, whatever that was', () => {
    const anyGenesis = plainRecord({
      swarm: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
      createdMs: fc.maxSafeNat(),
      voters: fc.subarray([EGRET, HERON].sort()),
      defaults: plainRecord({
        clockBoundMs: fc.integer({ min: 1, max: 60_000 }),
        cellResolution: fc.integer({ min: 0, max: 15 }),
        graceMs: fc.maxSafeNat(),
        rootLeaseMs: fc.maxSafeNat(),
      }),
      zones: fc.array(
        plainRecord({
          name: fc.string({ maxLength: 128 }),
          sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        }),
        { maxLength: 4 },
      ),
    })
    fc.assert(
      fc.property(anyGenesis, some => {
        const genesis: Genesis = { ...some, rootKey: ROOT.publicKey }
        assert.deepEqual(openGenesis(sealGenesis(genesis, ROOT.sign), verify), genesis)
      }),
      { numRuns: 100 },
    )
  })

  it('has its voters in one order, however they were given', () => {
    const turned = { ...GENESIS, voters: GENESIS.voters.toReversed() }
    assert.ok(equalBytes(sealGenesis(turned, ROOT.sign), genesisBytes))
  })

  it('is refused when another key than the one it names signed it', () => {
    assert.match(refused(sealGenesis(GENESIS, STRANGER.sign)) ?? '', /a genesis that was altered/)
  })

  it('is not made with a voter that is no agent', () => {
    assert.throws(() => sealGenesis({ ...GENESIS, voters: ['heron'] }, ROOT.sign), /voter 'heron'/)
  })
})

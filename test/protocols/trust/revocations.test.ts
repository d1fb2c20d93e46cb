import assert from 'node:assert/strict'
import fc from 'fast-check'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { sealIssuer } from '../../../protocols/trust/certificate.ts'
import {
  openRevocations,
  REVOCATIONS_BYTES_MAX,
  REVOCATIONS_MAX,
  sealRevocations,
} from '../../../protocols/trust/revocations.ts'
import { equalBytes } from '../../../src/bytes.ts'
import { plainRecord, refusedBy, refusesDamage } from './damage.ts'
import {
  EGRET,
  genesis,
  HERON,
  ISSUER,
  ISSUING,
  issuerBytes,
  LIST,
  listBytes,
  ROOT,
  rootListBytes,
  STRANGER,
  verify,
} from './samples.ts'

const open = (bytes: Uint8Array) => openRevocations(bytes, genesis, verify)
const refused = refusedBy(open)

describe('revocation list', () => {
  describe('by an issuing key', () => refusesDamage(listBytes, refused))
  describe('by the root key', () => refusesDamage(rootListBytes, refused))

  it('says all that was signed, whatever that was', () => {
    const anyEntry = (agent: string) =>
      plainRecord({
        agent: fc.constant(agent),
        serial: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        revokedMs: fc.maxSafeNat(),
        reason: fc.string({ maxLength: 64 }),
        validTo: fc.option(plainRecord({ boot: fc.maxSafeNat(), seq: fc.maxSafeNat() })),
      })
    const anyList = plainRecord({
      epoch: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      issuedMs: fc.maxSafeNat(),
      revocations: fc.tuple(...[HERON, EGRET].sort().map(anyEntry)).chain(entries => fc.subarray(entries)),
      issuers: fc.subarray([1, 2, 3, 900]),
    })
    fc.assert(
      fc.property(anyList, some => {
        const list = { swarm: 'golden', ...some }
        const bytes = sealRevocations(list, null, ROOT.sign)
        assert.deepEqual(open(bytes), { ...list, issuer: 0, bytes })
      }),
      { numRuns: 100 },
    )
  })

  it('names its signer', () => {
    assert.deepEqual([open(listBytes).issuer, open(rootListBytes).issuer], [2, 0])
  })

  it('has its entries in one order, however they were given', () => {
    const turned = { ...LIST, revocations: LIST.revocations.toReversed() }
    assert.ok(equalBytes(sealRevocations(turned, issuerBytes, ISSUING.sign), listBytes))
  })

  it('lets an issuing key carry on that older ones are disowned, and disown no other', () => {
    const naming = (issuers: readonly number[]) =>
      refused(sealRevocations({ ...LIST, issuers }, issuerBytes, ISSUING.sign))
    assert.equal(naming([1]), null)
    for (const issuers of [[2], [3], [1, 2], [1, 3]])
      assert.match(naming(issuers) ?? 'taken', /an issuing key disowns none but older ones/)
    assert.equal(refused(sealRevocations({ ...LIST, issuers: [2, 3] }, null, ROOT.sign)), null)
  })

  it('lets an issuing key count to its end and no further, and the root key as far as numbers go', () => {
    const counting = (epoch: number) =>
      refused(sealRevocations({ ...LIST, epoch }, issuerBytes, ISSUING.sign))
    assert.equal(counting(2_000_000), null)
    assert.match(counting(2_000_001) ?? 'taken', /beyond 2000000, where issuing key 2 has to end/)
    const byRoot = sealRevocations({ ...LIST, epoch: Number.MAX_SAFE_INTEGER }, null, ROOT.sign)
    assert.equal(refused(byRoot), null)
  })

  it('is signed within the time of its issuing key; the root key has no end', () => {
    const issued = (issuedMs: number) =>
      refused(sealRevocations({ ...LIST, issuedMs }, issuerBytes, ISSUING.sign))
    const { notBeforeMs, notAfterMs } = ISSUER
    for (const good of [notBeforeMs, notAfterMs]) assert.equal(issued(good), null)
    for (const bad of [notBeforeMs - 1, notAfterMs + 1])
      assert.match(issued(bad) ?? 'taken', /field 3\W.*not within the time of issuing key 2/)
    assert.equal(refused(sealRevocations({ ...LIST, issuedMs: notAfterMs + 1 }, null, ROOT.sign)), null)
  })

  describe('is refused', () => {
    const strangersIssuer = sealIssuer({ ...ISSUER, publicKey: STRANGER.publicKey }, STRANGER.sign)
    const cases: readonly [string, Uint8Array, RegExp][] = [
      [
        'of another swarm',
        sealRevocations({ ...LIST, swarm: 'south' }, null, ROOT.sign),
        /another swarm than 'golden'/,
      ],
      ['by a stranger', sealRevocations(LIST, null, STRANGER.sign), /signature does not match/],
      [
        'by a stranger with an issuer',
        sealRevocations(LIST, issuerBytes, STRANGER.sign),
        /signature does not match/,
      ],
      [
        'by a key that a stranger named',
        sealRevocations(LIST, strangersIssuer, STRANGER.sign),
        /not by the root key of our swarm/,
      ],
      ['of no epoch', sealRevocations({ ...LIST, epoch: 0 }, null, ROOT.sign), /field 2/],
      ['longer than any', new Uint8Array(REVOCATIONS_BYTES_MAX + 1), /has at most \d+ bytes/],
    ]
    for (const [what, bytes, reason] of cases) it(what, () => assert.match(refused(bytes) ?? 'taken', reason))
  })

  it('fits its frame with as many entries as it may have', () => {
    const agents = Array.from({ length: REVOCATIONS_MAX }, (_, i) => {
      const seed = new Uint8Array(32)
      new DataView(seed.buffer).setUint32(0, i + 1)
      return agentIdOf(ed25519Signer(seed).publicKey)
    })
    const revocations = agents.toSorted().map(agent => ({
      agent,
      serial: 100_000,
      revokedMs: Date.UTC(2026, 5),
      reason: 'lost at sea',
      validTo: { boot: 40, seq: 2_000_000 },
    }))
    const bytes = sealRevocations({ ...LIST, revocations }, issuerBytes, ISSUING.sign)
    assert.equal(open(bytes).revocations.length, REVOCATIONS_MAX)
  })
})

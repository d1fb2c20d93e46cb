import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { openAck, openCommand, sealAck, sealCommand } from '../../../protocols/command/codec.ts'
import { sealRecord } from '../../../protocols/trust/signed-record.ts'
import { COMMAND_DECISIONS, COMMAND_VERBS } from '../../../src/policy/signed-command.ts'
import { HLC_MAX } from '../../../src/time/hlc.ts'
import { plainRecord, refusedBy, refusesDamage } from '../trust/damage.ts'
import { EGRET, HERON, HERON_SIGNER, SWARM, verify } from '../trust/samples.ts'
import { ACK, ackBytes, GOTO, gotoBytes, LAND, landBytes } from './samples.ts'

const sign = HERON_SIGNER.sign
const refusedCommand = refusedBy(bytes => openCommand(bytes, SWARM, verify))
const refusedAck = refusedBy(bytes => openAck(bytes, SWARM, verify))

/** Every record of version 1, as it went out: a node of any later version must read it. */
const fixture: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8'),
)
const anyNonce = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map(bytes => Buffer.from(bytes).toString('hex'))
const anyPoint = plainRecord({
  latE7: fc.integer({ min: -900_000_000, max: 900_000_000 }),
  lonE7: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }),
  altMm: fc.integer({ min: -1_000_000, max: 100_000_000 }),
})

describe('signed command', () => {
  describe('land', () => refusesDamage(landBytes, refusedCommand))
  describe('goto', () => refusesDamage(gotoBytes, refusedCommand))

  it('is what it was in version 1', () => {
    assert.equal(Buffer.from(landBytes).toString('hex'), fixture.land)
    assert.equal(Buffer.from(gotoBytes).toString('hex'), fixture.goto)
    const { bytes, ...read } = openCommand(Buffer.from(fixture.goto ?? '', 'hex'), SWARM, verify)
    assert.deepEqual(read, GOTO)
    assert.ok(bytes.byteLength < 250, `${bytes.byteLength} bytes`)
  })

  it('says all that was signed, whatever that was', () => {
    const anyCommand = plainRecord({
      verb: fc.constantFrom(...COMMAND_VERBS),
      issuedMs: fc.nat(4_000_000_000_000),
      lifeMs: fc.integer({ min: 0, max: 30_000 }),
      nonce: anyNonce,
      at: anyPoint,
    })
    fc.assert(
      fc.property(anyCommand, ({ verb, issuedMs, lifeMs, nonce, at }) => {
        const point = verb === 'goto' ? at : null
        const some = {
          author: HERON,
          target: EGRET,
          verb,
          point,
          issuedMs,
          notAfterMs: issuedMs + lifeMs,
          nonce,
        }
        const sealed = sealCommand(some, SWARM, sign)
        assert.deepEqual(openCommand(sealed.bytes, SWARM, verify), sealed)
      }),
      { numRuns: 100 },
    )
  })

  it('is refused from another swarm, from whoever signs for another, and as another kind of record', () => {
    assert.match(refusedCommand(sealCommand(LAND, 'south', sign).bytes) ?? '', /never signed in this swarm/)
    const forged = sealCommand({ ...LAND, author: EGRET }, SWARM, sign).bytes
    assert.match(refusedCommand(forged) ?? '', /never signed in this swarm/)
    assert.match(refusedCommand(ackBytes) ?? '', /never signed in this swarm/)
    assert.match(refusedAck(landBytes) ?? '', /never signed in this swarm/)
  })

  const wrong: readonly (readonly [string, Partial<typeof LAND>, RegExp])[] = [
    ['with a point that its verb has no use for', { point: GOTO.point }, /field 5/],
    ['to nowhere', { ...GOTO, point: null }, /field 5/],
    ['off the earth', { ...GOTO, point: { latE7: 900_000_001, lonE7: 0, altMm: 0 } }, /field 0/],
    ['that lives too long', { notAfterMs: LAND.issuedMs + 30_001 }, /field 7/],
    ['that ends before it begins', { notAfterMs: LAND.issuedMs - 1 }, /field 7/],
  ]
  for (const [what, changes, why] of wrong) {
    it(`is refused ${what}, though its author signed it`, () => {
      assert.match(refusedCommand(sealCommand({ ...LAND, ...changes }, SWARM, sign).bytes) ?? '', why)
    })
  }

  it('is refused with a verb that nobody knows', () => {
    const fields = [
      1,
      SWARM,
      HERON_SIGNER.publicKey,
      HERON_SIGNER.publicKey,
      'dance',
      null,
      1,
      2,
      new Uint8Array(16),
    ]
    assert.match(refusedCommand(sealRecord('command', SWARM, fields, sign)) ?? '', /none of hold, land/)
  })

  it('is not signed with a nonce or a name that nobody could read', () => {
    assert.throws(() => sealCommand({ ...LAND, nonce: 'FF'.repeat(16) }, SWARM, sign), RangeError)
    assert.throws(() => sealCommand({ ...LAND, target: 'drone-7' }, SWARM, sign), RangeError)
  })
})

describe('acknowledgement of a command', () => {
  refusesDamage(ackBytes, refusedAck)

  it('is what it was in version 1', () => {
    assert.equal(Buffer.from(ackBytes).toString('hex'), fixture.ack)
    const { bytes: _, ...read } = openAck(Buffer.from(fixture.ack ?? '', 'hex'), SWARM, verify)
    assert.deepEqual(read, ACK)
  })

  it('says all that was signed, and cuts a reason that is too long for a frame', () => {
    const anyAck = plainRecord({
      nonce: anyNonce,
      decision: fc.constantFrom(...COMMAND_DECISIONS),
      rule: fc.stringMatching(/^[a-z.-]{1,64}$/),
      reason: fc.string({ maxLength: 400, unit: 'grapheme' }),
      hlc: fc.nat(HLC_MAX),
    })
    fc.assert(
      fc.property(anyAck, some => {
        const sealed = sealAck({ ...some, target: HERON, author: EGRET }, SWARM, sign)
        const opened = openAck(sealed.bytes, SWARM, verify)
        assert.equal(opened.reason.slice(0, 239), some.reason.slice(0, 239))
        assert.deepEqual({ ...opened, reason: '' }, { ...sealed, reason: '' })
      }),
      { numRuns: 100 },
    )
  })

  it('is refused from whoever answers for another', () => {
    const forged = sealAck({ ...ACK, target: EGRET }, SWARM, sign).bytes
    assert.match(refusedAck(forged) ?? '', /never signed in this swarm/)
  })
})

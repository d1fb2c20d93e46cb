import assert from 'node:assert/strict'
import { decode, encode } from 'cborg'
import fc from 'fast-check'
import {
  CREDENTIAL_MAX,
  encodeCredential,
  openCredential,
  openIssuer,
  sealCertificate,
  sealIssuer,
} from '../../../protocols/trust/certificate.ts'
import { sealRecord } from '../../../protocols/trust/signed-record.ts'
import type { Certificate } from '../../../src/policy/certificate.ts'
import { ROLES } from '../../../src/policy/roles.ts'
import { plainRecord, refusedBy, refusesDamage } from './damage.ts'
import {
  CERTIFICATE,
  certificateBytes,
  credentialBytes,
  EGRET,
  GENESIS,
  genesis,
  HERON,
  ISSUER,
  ISSUING,
  issuerBytes,
  ROOT,
  STRANGER,
  verify,
} from './samples.ts'

const CELLS = ['881f8d4b29fffff', '871f8d4b2ffffff', '861f8d4b7ffffff']

/** What became of a credential: taken, or how it was refused. */
function refusalOf(bytes: Uint8Array, by = genesis): string {
  const opened = openCredential(bytes, by, verify)
  return 'refusal' in opened ? `${opened.refusal}: ${opened.reason}` : 'taken'
}

function credentialWith(
  changed: Partial<Certificate>,
  sign = ISSUING.sign,
  issuer = issuerBytes,
): Uint8Array {
  return encodeCredential(sealCertificate({ ...CERTIFICATE, ...changed }, sign), issuer)
}

/** A certificate of these fields, properly signed: what an authority gone wrong could make. */
function fieldsSigned(change: (fields: unknown[]) => void): Uint8Array {
  const [body] = decode(certificateBytes) as [Uint8Array]
  const fields = decode(body) as unknown[]
  change(fields)
  return encodeCredential(sealRecord('certificate', 'golden', fields, ISSUING.sign), issuerBytes)
}

describe('credential', () => {
  describe('a good one', () => {
    refusesDamage(credentialBytes, bytes => {
      const refusal = refusalOf(bytes)
      return refusal === 'taken' ? null : refusal
    })
  })

  it('says all that was signed, whatever that was', () => {
    const anyCertificate = plainRecord({
      agent: fc.constantFrom(HERON, EGRET),
      name: fc
        .string({ unit: 'binary', minLength: 1, maxLength: 64 })
        .filter(text => text.isWellFormed() && text.length <= 64),
      roles: fc.subarray([...ROLES], { minLength: 1 }),
      cells: fc.subarray(CELLS),
      notBeforeMs: fc.integer({ min: ISSUER.notBeforeMs, max: ISSUER.notAfterMs }),
      notAfterMs: fc.integer({ min: ISSUER.notBeforeMs, max: ISSUER.notAfterMs }),
      serial: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      epoch: fc.maxSafeNat(),
    })
    fc.assert(
      fc.property(anyCertificate, some => {
        const certificate = { swarm: 'golden', ...some }
        const bytes = credentialWith(certificate)
        const opened = openCredential(bytes, genesis, verify)
        assert.deepEqual('credential' in opened && opened.credential, { certificate, issuer: ISSUER, bytes })
      }),
      { numRuns: 100 },
    )
  })

  it('is about 300 bytes: 282 for a drone, of which 146 are its own certificate', () => {
    assert.equal(certificateBytes.byteLength, 146)
    assert.equal(credentialBytes.byteLength, 282)
    assert.ok(
      credentialWith({ name: 'inspection-17', roles: ['drone', 'relay'], cells: CELLS }).byteLength < 350,
    )
  })

  describe('is refused', () => {
    const otherSwarm = sealCertificate({ ...CERTIFICATE, swarm: 'south' }, ISSUING.sign)
    const strangersIssuer = sealIssuer({ ...ISSUER, publicKey: STRANGER.publicKey }, STRANGER.sign)
    const cases: readonly [string, Uint8Array, RegExp][] = [
      [
        'of another swarm',
        encodeCredential(otherSwarm, issuerBytes),
        /^wrong-swarm: your certificate is of swarm 'south'/,
      ],
      [
        'by an issuing key that another root named',
        credentialWith({}, STRANGER.sign, strangersIssuer),
        /^signature: your certificate is not by the authority of our swarm/,
      ],
      [
        'by a key that is not the one its issuer names',
        credentialWith({}, STRANGER.sign),
        /^signature: your certificate was altered/,
      ],
      ['by the root key itself', credentialWith({}, ROOT.sign), /^signature/],
      [
        'with an issuer of another swarm',
        credentialWith({}, ISSUING.sign, sealIssuer({ ...ISSUER, swarm: 'south' }, ROOT.sign)),
        /^signature/,
      ],
      [
        'with a certificate in the place of its issuer',
        encodeCredential(certificateBytes, certificateBytes),
        /^signature/,
      ],
      ['with an unknown role', fieldsSigned(fields => (fields[4] = ['queen'])), /^unknown-role: .*'queen'/],
      [
        'that begins before its issuer',
        credentialWith({ notBeforeMs: ISSUER.notBeforeMs - 1 }),
        /^signature: your certificate reaches beyond the time of the key that issued it/,
      ],
      [
        'that ends after its issuer',
        credentialWith({ notAfterMs: ISSUER.notAfterMs + 1 }),
        /^signature: your certificate reaches beyond/,
      ],
      [
        'of a later version',
        fieldsSigned(fields => (fields[0] = 2)),
        /^version: .*version 2, this node reads 1/,
      ],
      ['with a field more', fieldsSigned(fields => fields.push(0)), /^malformed: field 11 .*too many/],
      ['with a field less', fieldsSigned(fields => fields.pop()), /^malformed/],
      [
        'with a key too short',
        fieldsSigned(fields => (fields[2] = new Uint8Array(31))),
        /^malformed: field 2/,
      ],
      ['with a name too long', fieldsSigned(fields => (fields[3] = 'n'.repeat(65))), /^malformed: field 3/],
      [
        'with a cell that is none',
        fieldsSigned(fields => (fields[5] = ['zurich'])),
        /^malformed: .*no H3 cell/,
      ],
      ['with half a millisecond', fieldsSigned(fields => (fields[6] = 0.5)), /^malformed: field 6/],
      ['with no serial', fieldsSigned(fields => (fields[8] = 0)), /^malformed: field 8/],
      ['with an epoch below nothing', fieldsSigned(fields => (fields[9] = -1)), /^malformed: field 9/],
      ['with a third part', encode([certificateBytes, issuerBytes, issuerBytes]), /^malformed/],
      ['longer than any', new Uint8Array(CREDENTIAL_MAX + 1), /^malformed/],
    ]
    for (const [what, bytes, reason] of cases) it(what, () => assert.match(refusalOf(bytes), reason))

    it('under a root key that only bears the name of its swarm', () => {
      assert.match(refusalOf(credentialBytes, { ...GENESIS, rootKey: STRANGER.publicKey }), /^signature/)
    })
  })

  it('is not made for what is no agent', () => {
    assert.throws(() => sealCertificate({ ...CERTIFICATE, agent: 'heron' }, ISSUING.sign), RangeError)
  })
})

describe("an issuer's certificate", () => {
  refusesDamage(
    issuerBytes,
    refusedBy(bytes => openIssuer(bytes, genesis, verify)),
  )

  it('says all that was signed', () => assert.deepEqual(openIssuer(issuerBytes, genesis, verify), ISSUER))
})

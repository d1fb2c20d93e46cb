import assert from 'node:assert/strict'
import { openBundle, sealBundle } from '../../../protocols/trust/bundle.ts'
import { sealGenesis } from '../../../protocols/trust/genesis.ts'
import { refusedBy, refusesDamage } from './damage.ts'
import {
  BUNDLE,
  bundleBytes,
  CERTIFICATE,
  credentialBytes,
  GENESIS,
  ISSUING,
  LIST,
  publicKeyOfSeed,
  ROOT,
  STRANGER,
  verify,
} from './samples.ts'

const open = (bytes: Uint8Array) => openBundle(bytes, verify, publicKeyOfSeed)
const refused = refusedBy(open)
const sealed = (changed: Partial<typeof BUNDLE> | { revocations: null; seed: null; psk: null }) =>
  sealBundle({ ...BUNDLE, ...changed }, ISSUING.sign)

describe('bundle', () => {
  refusesDamage(bundleBytes, refused)

  it('brings all that was put in, opened', () => {
    const { founding, member, list, ...brought } = open(bundleBytes)
    assert.deepEqual(brought, BUNDLE)
    assert.deepEqual(founding, GENESIS)
    assert.deepEqual(member.certificate, CERTIFICATE)
    assert.equal(list?.epoch, LIST.epoch)
  })

  it('may go without list, key and network key', () => {
    const { list, seed, psk } = open(sealed({ revocations: null, seed: null, psk: null }))
    assert.deepEqual([list, seed, psk], [null, null, null])
  })

  describe('is refused', () => {
    const otherGenesis = sealGenesis({ ...GENESIS, rootKey: STRANGER.publicKey }, STRANGER.sign)
    const cases: readonly [string, Uint8Array, RegExp][] = [
      ['signed by another than who issued', sealBundle(BUNDLE, ROOT.sign), /a bundle that was altered/],
      ['with the key of another agent', sealed({ seed: new Uint8Array(32).fill(8) }), /key of another agent/],
      [
        'with the genesis of another root',
        sealed({ genesis: otherGenesis }),
        /not by the authority of our swarm/,
      ],
      [
        'with the genesis of another swarm',
        sealed({ genesis: sealGenesis({ ...GENESIS, swarm: 'south' }, ROOT.sign) }),
        /genesis of another swarm, 'south'/,
      ],
      ['with a list that was altered', sealed({ revocations: credentialBytes }), /revocation list|issuer/],
      ['with an address too long', sealed({ bootstrap: ['/'.repeat(513)] }), /field 0 of field 6/],
    ]
    for (const [what, bytes, reason] of cases) it(what, () => assert.match(refused(bytes) ?? 'taken', reason))
  })
})

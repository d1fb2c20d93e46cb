import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { openBundle } from '../../../protocols/trust/bundle.ts'
import { openCredential, openIssuer } from '../../../protocols/trust/certificate.ts'
import { openGenesis } from '../../../protocols/trust/genesis.ts'
import { openHead } from '../../../protocols/trust/head.ts'
import { openRevocations } from '../../../protocols/trust/revocations.ts'
import * as samples from './samples.ts'

const { genesis, publicKeyOfSeed, SWARM, verify } = samples

/** Every record of version 1, as it went out: a node of any later version must read it. */
const fixture: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8'),
)

const MADE_NOW: Readonly<Record<string, Uint8Array>> = {
  genesis: samples.genesisBytes,
  issuer: samples.issuerBytes,
  certificate: samples.certificateBytes,
  credential: samples.credentialBytes,
  revocations: samples.listBytes,
  rootRevocations: samples.rootListBytes,
  head: samples.headBytes,
  bundle: samples.bundleBytes,
}

const bytesOf = (name: string): Uint8Array => Uint8Array.from(Buffer.from(fixture[name] ?? '', 'hex'))

describe('golden records of trust, version 1', () => {
  for (const [name, bytes] of Object.entries(MADE_NOW)) {
    it(`${name}: made today as it was then (${bytes.byteLength} bytes)`, () => {
      assert.equal(Buffer.from(bytes).toString('hex'), fixture[name])
    })
  }

  it('are all there', () => assert.deepEqual(Object.keys(fixture).sort(), Object.keys(MADE_NOW).sort()))

  it('are read as what was meant', () => {
    assert.deepEqual(openGenesis(bytesOf('genesis'), verify), samples.GENESIS)
    assert.deepEqual(openIssuer(bytesOf('issuer'), genesis, verify), samples.ISSUER)
    const opened = openCredential(bytesOf('credential'), genesis, verify)
    assert.deepEqual('credential' in opened && opened.credential.certificate, samples.CERTIFICATE)
    const { bytes: _, issuer, ...list } = openRevocations(bytesOf('revocations'), genesis, verify)
    assert.deepEqual({ issuer, ...list }, { issuer: samples.ISSUER.serial, ...samples.LIST })
    assert.deepEqual(openRevocations(bytesOf('rootRevocations'), genesis, verify).issuers, [1, 2])
    const { bytes: __, ...head } = openHead(bytesOf('head'), SWARM, verify)
    assert.deepEqual(head, samples.HEAD)
    assert.deepEqual(
      openBundle(bytesOf('bundle'), verify, publicKeyOfSeed).bootstrap,
      samples.BUNDLE.bootstrap,
    )
  })
})

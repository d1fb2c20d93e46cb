import assert from 'node:assert/strict'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { agentIdOf, publicKeyOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'

const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('agent id', () => {
  it('is the peer id that libp2p gives the same key', async () => {
    for (const fill of [0, 7, 255]) {
      const seed = new Uint8Array(32).fill(fill)
      const theirs = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString()
      assert.equal(agentIdOf(ed25519Signer(seed).publicKey), theirs)
    }
  })

  it('gives the key back', () => {
    fc.assert(fc.property(anyKey, key => assert.deepEqual(publicKeyOf(agentIdOf(key)), key)))
  })

  it('is none in any other text', () => {
    const id = agentIdOf(new Uint8Array(32).fill(7))
    for (const other of [
      '',
      'x',
      '0',
      id.slice(1),
      `${id}1`,
      `1${id}`,
      id.toLowerCase(),
      `z${id}`,
      'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    ]) {
      assert.equal(publicKeyOf(other), null, other)
    }
    fc.assert(fc.property(fc.string(), other => publicKeyOf(other) === null))
  })
})

import assert from 'node:assert/strict'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { sha256 } from '../../../protocols/identity/ed25519.ts'
import { KEY_ID_LENGTH, KeyDirectory } from '../../../protocols/identity/key-directory.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('key directory', () => {
  const key = new Uint8Array(32).fill(5)

  it('finds by the first bytes of the hash whom it has learned, and nobody else', () => {
    const directory = new KeyDirectory(sha256)
    const keyId = sha256(key).subarray(0, KEY_ID_LENGTH)
    assert.equal(directory.find(keyId), undefined)
    const known = directory.learn(key)
    assert.equal(known?.agent, agentIdOf(key))
    assert.equal(text(known?.keyId ?? new Uint8Array()), text(keyId))
    assert.equal(directory.find(keyId), known)
    assert.equal(directory.learn(key), known)
  })

  it('lets the first key keep an id that a second one claims', () => {
    const directory = new KeyDirectory(() => new Uint8Array(32))
    const first = directory.learn(key)
    assert.ok(first !== null)
    assert.equal(directory.learn(new Uint8Array(32).fill(6)), null)
    assert.equal(directory.find(first.keyId)?.agent, agentIdOf(key))
  })

  it('keeps copies: what becomes of the frame that a key came in is nothing to it', () => {
    const directory = new KeyDirectory(sha256)
    for (const frame of [Buffer.alloc(32, 9), new Uint8Array(32).fill(10)]) {
      const before = Uint8Array.from(frame)
      const known = directory.learn(frame)
      frame.fill(0)
      assert.ok(known !== null)
      assert.deepEqual(directory.find(known.keyId)?.publicKey, before)
    }
  })
})

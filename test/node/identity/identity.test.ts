import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import {
  createIdentity,
  IdentityError,
  type IdentityErrorCode,
  loadIdentity,
  loadOrCreateIdentity,
} from '../../../node/identity/identity.ts'
import { IDENTITY_FILE } from '../../../node/store/layout.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'

describe('identity', () => {
  let dir = ''
  let file = ''
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-identity-'))
    file = join(dir, IDENTITY_FILE)
  })
  afterEach(() => rm(dir, { recursive: true }))

  async function refused(code: IdentityErrorCode, message: RegExp): Promise<void> {
    await assert.rejects(loadIdentity(dir), error => {
      assert.ok(error instanceof IdentityError)
      assert.equal(error.code, code)
      assert.ok(error.message.startsWith(file), 'the message starts with the file')
      assert.match(error.message, message)
      return true
    })
  }

  async function put(bytes: Uint8Array): Promise<void> {
    await writeFile(file, bytes, { mode: 0o600 })
  }

  it('is the same agent after a restart', async () => {
    const made = await createIdentity(join(dir, 'new', 'place'))
    const again = await loadIdentity(join(dir, 'new', 'place'))
    assert.deepEqual(again.seed, made.seed)
    assert.equal(again.agent, made.agent)
    assert.match(made.agent, /^12D3KooW\w{44}$/)
  })

  it('is what libp2p itself reads, and what the native signer derives from the seed', async () => {
    const made = await createIdentity(dir)
    const read = privateKeyFromProtobuf(await readFile(file))
    assert.ok(read.equals(made.privateKey))
    assert.deepEqual(ed25519Signer(made.seed).publicKey, made.publicKey)
  })

  it('is readable by its owner only, and leaves nothing else behind', async () => {
    await createIdentity(dir)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(dir), [IDENTITY_FILE])
  })

  it('is never replaced', async () => {
    const first = await createIdentity(dir)
    await assert.rejects(createIdentity(dir), { code: 'IDENTITY_EXISTS' })
    assert.equal((await loadIdentity(dir)).agent, first.agent)
    assert.deepEqual(await readdir(dir), [IDENTITY_FILE])
  })

  it('is made when missing, and only then', async () => {
    const first = await loadOrCreateIdentity(dir)
    const second = await loadOrCreateIdentity(dir)
    assert.equal(first.created, true)
    assert.equal(second.created, false)
    assert.equal(second.identity.agent, first.identity.agent)
    await put(Uint8Array.of())
    await assert.rejects(loadOrCreateIdentity(dir), { code: 'IDENTITY_CORRUPT' })
  })

  it('says when two make one at the same moment: one wins, the other is told', async () => {
    const results = await Promise.allSettled([createIdentity(dir), createIdentity(dir), createIdentity(dir)])
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    await loadIdentity(dir)
  })

  describe('refuses, saying what is wrong and what to do,', () => {
    it('a missing file', () => refused('IDENTITY_MISSING', /no identity here\. Run: skein init/))

    it('an empty file', async () => {
      await put(Uint8Array.of())
      await refused('IDENTITY_CORRUPT', /the file is empty\. Restore it from a backup/)
    })

    it('a file cut short at any byte', async () => {
      const { privateKey } = await createIdentity(dir)
      const whole = privateKeyToProtobuf(privateKey)
      for (let length = 1; length < whole.byteLength; length++) {
        await put(whole.subarray(0, length))
        await refused('IDENTITY_CORRUPT', /cut short \(\d+ of 68 bytes\)/)
      }
    })

    it('a file with bytes after the key', async () => {
      const { privateKey } = await createIdentity(dir)
      await put(Uint8Array.of(...privateKeyToProtobuf(privateKey), 10))
      await refused('IDENTITY_CORRUPT', /too long \(69 of 68 bytes\)/)
    })

    it('a file that is something else', async () => {
      await put(new TextEncoder().encode('-----BEGIN PRIVATE KEY-----\n'.repeat(4)))
      await refused('IDENTITY_CORRUPT', /damaged/)
    })

    it('every single flipped bit', async () => {
      const { privateKey } = await createIdentity(dir)
      const whole = privateKeyToProtobuf(privateKey)
      for (let bit = 0; bit < whole.byteLength * 8; bit++) {
        const flipped = Uint8Array.from(whole)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        await put(flipped)
        await assert.rejects(loadIdentity(dir), { name: 'IdentityError' }, `bit ${bit}`)
      }
    })

    it('a key of another type', async () => {
      await put(privateKeyToProtobuf(await generateKeyPair('secp256k1')))
      await refused('IDENTITY_WRONG_TYPE', /secp256k1.*needs Ed25519/)
    })

    it('a key that others may read', async () => {
      await createIdentity(dir)
      await chmod(file, 0o640)
      await refused('IDENTITY_PERMISSIONS', /\(mode 640\)\. Run: chmod 600 /)
    })

    it('a directory in its place', async () => {
      await mkdir(file, { mode: 0o700 })
      await refused('IDENTITY_UNREADABLE', /could not be read \(EISDIR\)/)
    })

    it('a data directory that is a file', async () => {
      await put(Uint8Array.of())
      await assert.rejects(createIdentity(file), { code: 'IDENTITY_UNWRITABLE' })
    })
  })
})

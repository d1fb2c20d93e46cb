import assert from 'node:assert/strict'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { readKeyFile, writeKeyFile } from '../../../node/authority/key-file.ts'
import { keyOf } from '../../../node/authority/keys.ts'
import { loadIdentity } from '../../../node/identity/identity.ts'
import { IDENTITY_FILE } from '../../../node/store/layout.ts'
import { tempDir } from './temp-dir.ts'

const KEY = keyOf(new Uint8Array(32).fill(5))

describe('key file', () => {
  const at = tempDir()

  it('holds a key, for its owner only, in the form of an identity', async () => {
    const file = at(IDENTITY_FILE)
    await writeKeyFile(file, KEY, null)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual((await readKeyFile(file, null)).seed, KEY.seed)
    assert.deepEqual((await loadIdentity(at())).seed, KEY.seed)
  })

  it('never replaces one', async () => {
    await writeKeyFile(at('first.key'), KEY, null)
    await assert.rejects(writeKeyFile(at('first.key'), keyOf(new Uint8Array(32)), null), { code: 'EEXIST' })
    assert.deepEqual((await readKeyFile(at('first.key'), null)).seed, KEY.seed)
  })

  it('is refused when others may read it, and says how to mend that', async () => {
    await writeKeyFile(at('open.key'), KEY, null)
    chmodSync(at('open.key'), 0o644)
    await assert.rejects(readKeyFile(at('open.key'), null), /mode 644\)\. Run: chmod 600 /)
  })

  it('is refused with any byte altered, or cut short', async () => {
    await writeKeyFile(at('good.key'), KEY, null)
    const good = readFileSync(at('good.key'))
    for (let i = 0; i < good.byteLength; i++) {
      const altered = Buffer.from(good)
      altered[i] = (good[i] ?? 0) ^ 1
      for (const content of [altered, good.subarray(0, i)]) {
        writeFileSync(at('bad.key'), content, { mode: 0o600 })
        await assert.rejects(readKeyFile(at('bad.key'), null), /is damaged.*Restore it from a backup/)
      }
    }
  })

  describe('under a passphrase', () => {
    before(() => writeKeyFile(at('locked.key'), KEY, 'grüne Gans'))

    it('shows nothing of the key', () => {
      const content = readFileSync(at('locked.key'))
      assert.ok(!content.includes(Buffer.from(KEY.seed)))
      assert.ok(!content.includes(Buffer.from(KEY.seed).toString('hex')))
    })

    it('opens with it, however its letters are composed', async () => {
      assert.deepEqual((await readKeyFile(at('locked.key'), 'gru\u0308ne Gans')).seed, KEY.seed)
    })

    it('does not open with another, nor without one', async () => {
      await assert.rejects(readKeyFile(at('locked.key'), 'graue Gans'), {
        code: 'AUTHORITY_PASSPHRASE',
        message:
          /the passphrase does not open .*locked\.key\. Give the one it was made with \(--passphrase-file\)/,
      })
      await assert.rejects(readKeyFile(at('locked.key'), null), {
        code: 'AUTHORITY_PASSPHRASE',
        message: /is locked by a passphrase\. Give --passphrase-file FILE/,
      })
    })

    it('is refused when it was altered', async () => {
      const content = readFileSync(at('locked.key'), 'utf8')
      for (const altered of [
        content.replace('131072', '2'),
        content.slice(0, -3),
        `${content.slice(0, -5)}0"}\n`,
      ]) {
        writeFileSync(at('altered.key'), altered, { mode: 0o600 })
        await assert.rejects(readKeyFile(at('altered.key'), 'grüne Gans'), /damaged|does not open/)
      }
    })
  })
})

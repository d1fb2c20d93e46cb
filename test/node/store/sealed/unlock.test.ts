import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createIdentity, loadIdentity, loadOrCreateIdentity } from '../../../../node/identity/identity.ts'
import { openStore, StoreError } from '../../../../node/store/index.ts'
import type { KeySource } from '../../../../node/store/sealed/key-source.ts'
import { rewrapDataKey, unlockData } from '../../../../node/store/sealed/unlock.ts'
import { tempDirs } from '../temp-dir.ts'
import { NO_KEY, newKey } from './keys.ts'

const SMALL = { reserveBytes: 0 }
const command = (...words: string[]): KeySource => ({ file: null, command: words })
const script = (text: string): KeySource => command(process.execPath, '-e', text)

const refused = (work: Promise<unknown>, code: string, ...words: RegExp[]): Promise<void> =>
  assert.rejects(work, error => {
    assert.ok(error instanceof StoreError, String(error))
    assert.equal(error.code, code, error.message)
    for (const word of words) assert.match(error.message, word)
    return true
  })

describe('node/store/sealed/unlock', () => {
  const tempDir = tempDirs()

  it('leaves a directory alone that is not to be encrypted', async () => {
    const dir = await tempDir()
    assert.equal(await unlockData(dir, NO_KEY), null)
    assert.deepEqual(await readdir(dir), [])
    await (await openStore(dir, SMALL)).close()
    assert.equal(await unlockData(dir, NO_KEY), null)
  })

  it('encrypts a new directory from the start, and opens it again', async () => {
    const dir = join(await tempDir(), 'data')
    const source = newKey(await tempDir())
    const key = await unlockData(dir, source)
    assert.deepEqual((await unlockData(dir, source))?.export(), key?.export())
    const { identity } = await loadOrCreateIdentity(dir, key)
    assert.equal((await loadIdentity(dir, key)).agent, identity.agent)
    await (await openStore(dir, { ...SMALL, key })).close()
    assert.deepEqual((await readdir(dir)).sort(), ['sealed', 'version'])
    assert.deepEqual((await readdir(join(dir, 'sealed'))).sort(), ['data-key', 'identity.key', 'log'])
  })

  it('makes another data key for another directory, under the same key', async () => {
    const source = newKey(await tempDir())
    const [one, two] = [await unlockData(await tempDir(), source), await unlockData(await tempDir(), source)]
    assert.notDeepEqual(one?.export(), two?.export())
  })

  it('begins again where the power went before the version was written', async () => {
    const dir = await tempDir()
    await unlockData(dir, newKey(await tempDir()))
    await rm(join(dir, 'version'))
    const source = newKey(await tempDir())
    await unlockData(dir, source)
    assert.ok(await unlockData(dir, source))
  })

  it('never takes an encrypted directory that lost its version for a new one', async () => {
    const dir = await tempDir()
    const source = newKey(await tempDir())
    await createIdentity(dir, undefined, await unlockData(dir, source))
    await rm(join(dir, 'version'))
    for (const key of [source, NO_KEY])
      await refused(unlockData(dir, key), 'store-unusable', /"version" is missing/, /restore that file/)
    await refused(openStore(dir, SMALL), 'store-unusable', /"version" is missing/)
  })

  it('says what to do: no key, a key for nothing, another key', async () => {
    const dir = await tempDir()
    const source = newKey(await tempDir())
    const key = await unlockData(dir, source)
    await createIdentity(dir, undefined, key)
    await refused(
      unlockData(dir, NO_KEY),
      'store-encrypted',
      /is encrypted, and no key/,
      /Set dataKey\.file or/,
    )
    await refused(openStore(dir, SMALL), 'store-encrypted', /Set dataKey\.file or/)
    await assert.rejects(loadIdentity(dir), { code: 'IDENTITY_ENCRYPTED', message: /Set dataKey\.file or/ })
    await assert.rejects(loadOrCreateIdentity(dir), { code: 'IDENTITY_ENCRYPTED' })
    await refused(unlockData(dir, newKey(await tempDir())), 'store-wrong-key', /does not open it/, /rekey/)
    assert.deepEqual(await readdir(dir), ['sealed', 'version'])

    const plain = await tempDir()
    await createIdentity(plain)
    await refused(unlockData(plain, source), 'store-not-encrypted', /is not encrypted/, /skein data encrypt/)
    await refused(openStore(plain, { ...SMALL, key }), 'store-not-encrypted', /skein data encrypt/)
  })

  it('believes no identity that is not of this directory and under its key', async () => {
    const source = newKey(await tempDir())
    const dirs = [await tempDir(), await tempDir()] as const
    const keys = [await unlockData(dirs[0], source), await unlockData(dirs[1], source)] as const
    await createIdentity(dirs[0], undefined, keys[0])
    const sealed = await readFile(join(dirs[0], 'sealed', 'identity.key'))
    const place = join(dirs[1], 'sealed', 'identity.key')
    await writeFile(place, sealed, { mode: 0o600 })
    await assert.rejects(loadIdentity(dirs[1], keys[1]), {
      code: 'IDENTITY_CORRUPT',
      message: /under the key of/,
    })
    await createIdentity(join(dirs[1], 'plain'))
    await writeFile(place, await readFile(join(dirs[1], 'plain', 'identity.key')))
    await assert.rejects(loadIdentity(dirs[1], keys[1]), { code: 'IDENTITY_CORRUPT' })
  })

  it('notices every flipped byte of data key and identity', async () => {
    const dir = await tempDir()
    const source = newKey(await tempDir())
    const key = await unlockData(dir, source)
    await createIdentity(dir, undefined, key)
    const looks = { 'data-key': () => unlockData(dir, source), 'identity.key': () => loadIdentity(dir, key) }
    for (const [name, look] of Object.entries(looks)) {
      const path = join(dir, 'sealed', name)
      const bytes = await readFile(path)
      // The last one is the end of the line.
      for (let at = 0; at < bytes.byteLength - 1; at++) {
        await writeFile(path, bytes.with(at, (bytes[at] ?? 0) ^ 1))
        await assert.rejects(look(), /IDENTITY_CORRUPT|damaged|does not open it|newer/, `${name} byte ${at}`)
      }
      await writeFile(path, bytes)
      await look()
    }
  })

  it('refuses what a newer program wrote', async () => {
    const dir = await tempDir()
    const source = newKey(await tempDir())
    await unlockData(dir, source)
    const path = join(dir, 'sealed', 'data-key')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"skeinSealed":1', '"skeinSealed":2'))
    await refused(unlockData(dir, source), 'store-newer-version', /data-key was written by a newer Skein/)
    await writeFile(join(dir, 'version'), 'skein data directory 3\n')
    await refused(unlockData(dir, source), 'store-newer-version', /data version 3, this program knows 2/)
  })

  it('changes the key, and not the data key', async () => {
    const dir = await tempDir()
    const [before, after] = [newKey(await tempDir()), newKey(await tempDir())]
    const key = await unlockData(dir, before)
    await refused(rewrapDataKey(dir, after, before), 'store-wrong-key')
    await refused(rewrapDataKey(dir, NO_KEY, after), 'store-encrypted')
    await rewrapDataKey(dir, before, after)
    assert.deepEqual((await unlockData(dir, after))?.export(), key?.export())
    await refused(unlockData(dir, before), 'store-wrong-key')
    await refused(rewrapDataKey(await tempDir(), before, after), 'store-not-encrypted')
  })

  describe('takes its key', () => {
    const bytes = randomBytes(32)
    const forms: readonly [string, string | Uint8Array][] = [
      ['as it is', bytes],
      ['in hex', bytes.toString('hex')],
      ['in hex, on a line', `${bytes.toString('hex').toUpperCase()}\r\n`],
      ['in base64', `${bytes.toString('base64')}\n`],
      ['in base64url', bytes.toString('base64url')],
    ]
    for (const [form, content] of forms) {
      it(`${form}, from a file or a command`, async () => {
        const dir = await tempDir()
        await unlockData(dir, newKey(dir, bytes))
        const source = newKey(dir, content)
        assert.ok(await unlockData(dir, source))
        assert.ok(await unlockData(dir, command('cat', source.file ?? '')))
      })
    }

    const nonsense: readonly [string, string | Uint8Array][] = [
      ['nothing', ''],
      ['zeros', new Uint8Array(32)],
      ['a passphrase of 32 letters', 'correct horse battery staple Abc'],
      ['half a key in hex', bytes.subarray(16).toString('hex')],
      ['a byte too few', bytes.subarray(1)],
      ['a byte too many', Buffer.concat([bytes, Uint8Array.of(7)])],
    ]
    for (const [what, content] of nonsense) {
      it(`and refuses ${what}, without repeating it`, async () => {
        const dir = await tempDir()
        const source = newKey(dir, content)
        for (const from of [source, command('cat', source.file ?? '')]) {
          await assert.rejects(unlockData(join(dir, 'data'), from), (error: Error) => {
            assert.match(error.message, /this is no key.*32 random bytes/)
            const said = `${error.stack}${JSON.stringify(error)}${error.cause}`
            const text = Buffer.from(content).toString('latin1')
            assert.ok(text === '' || !said.includes(text))
            return true
          })
        }
      })
    }

    it('from no file that is gone or that others may read', async () => {
      const dir = await tempDir()
      const source = newKey(dir)
      const data = join(dir, 'data')
      await chmod(source.file ?? '', 0o644)
      await refused(unlockData(data, source), 'store-key-source', /others may read/, /chmod 600/)
      await rm(source.file ?? '')
      await refused(unlockData(data, source), 'store-key-source', /could not be read \(ENOENT\)/, /dataKey/)
      await mkdir(source.file ?? '', { mode: 0o700 })
      await refused(unlockData(data, source), 'store-key-source', /EISDIR/)
    })

    it('from a command without a shell, and tells nothing of what it said or was told', async () => {
      const dir = await tempDir()
      const failures: readonly [KeySource, RegExp][] = [
        [command('/nowhere/tool', 'argument-secret'), /command \/nowhere\/tool: it failed \(ENOENT\)/],
        [
          script("console.log('said-secret'); console.error('said-secret'); process.exit(3)"),
          /it failed \(3\)/,
        ],
        [script("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 99)"), /it failed \(SIGTERM\)/],
        [script("console.log('said-secret'.repeat(9999))"), /it wrote much more than a key/],
        [command('echo said-secret; true'), /ENOENT/],
      ]
      for (const [source, reason] of failures) {
        await assert.rejects(unlockData(join(dir, 'data'), source), (error: Error & { code: string }) => {
          assert.equal(error.code, 'store-key-source')
          assert.match(error.message, reason)
          const said = `${error.stack}${JSON.stringify(error)}${error.cause}`.replaceAll(
            'echo said-secret; true',
            '',
          )
          assert.doesNotMatch(said, /said-secret|argument-secret/)
          return true
        })
      }
      // It is given no input to wait for.
      const waits = script(`process.stdin.on('end', () => console.log('${bytes.toString('hex')}')).resume()`)
      assert.ok(await unlockData(join(dir, 'other'), waits))
    })
  })
})

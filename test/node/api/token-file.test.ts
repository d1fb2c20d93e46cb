import assert from 'node:assert/strict'
import { chmod, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TokenBook } from '../../../node/api/guard/token-book.ts'
import {
  createToken,
  digestOf,
  readTokens,
  revokeToken,
  tokensFileOf,
} from '../../../node/api/guard/token-file.ts'
import type { Logger } from '../../../node/log.ts'
import { tempDirs } from '../store/temp-dir.ts'

const READER = { name: 'grafana', scope: 'read', expiresAt: null } as const
const PILOT = { name: 'pilot', scope: 'operate', expiresAt: '2027-01-01T00:00:00.000Z' } as const

describe('API tokens: the file', () => {
  const tempDir = tempDirs()

  it('holds names, scopes and ends, and of each token only its digest; only its owner reads it', async () => {
    const dir = await tempDir()
    const file = tokensFileOf(join(dir, 'data'))
    const { token } = await createToken(file, READER)
    await createToken(file, PILOT)
    assert.match(token, /^skein_[\w-]{43}$/)
    const text = await readFile(file, 'utf8')
    assert.ok(!text.includes(token.slice(6)))
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await stat(join(dir, 'data'))).mode & 0o777, 0o700)
    const [first, second] = readTokens(file)
    assert.equal(first?.sha256, digestOf(token).toString('hex'))
    assert.deepEqual([first?.name, first?.scope, first?.expiresAt], ['grafana', 'read', null])
    assert.deepEqual([second?.name, second?.scope, second?.expiresAt], Object.values(PILOT))
  })

  it('has one token of a name, and gives it up once', async () => {
    const dir = await tempDir()
    const file = tokensFileOf(dir)
    await createToken(file, READER)
    await assert.rejects(createToken(file, READER), {
      code: 'token-exists',
      message: /skein token revoke grafana/,
    })
    await revokeToken(file, 'grafana')
    assert.deepEqual(readTokens(file), [])
    await assert.rejects(revokeToken(file, 'grafana'), {
      code: 'token-unknown',
      message: /There are: none/,
    })
  })

  it('has room for a hundred', async () => {
    const dir = await tempDir()
    const file = tokensFileOf(dir)
    await createToken(file, READER)
    const lines = (await readFile(file, 'utf8')).split('\n')
    const item = lines.slice(lines.findIndex(line => line.includes('- name'))).join('\n')
    const more = Array.from({ length: 99 }, (_, i) => item.replace('grafana', `other-${i}`)).join('')
    await writeFile(file, `${lines.join('\n')}${more}`)
    assert.equal(readTokens(file).length, 100)
    await assert.rejects(createToken(file, PILOT), { code: 'tokens-full' })
  })

  it('loses nothing to two commands at once, nor to one that was killed', async () => {
    const dir = await tempDir()
    const file = tokensFileOf(dir)
    const names = ['a', 'b', 'c', 'd']
    const tries = await Promise.allSettled(names.map(name => createToken(file, { ...READER, name })))
    const made = names.filter((_, i) => tries[i]?.status === 'fulfilled')
    assert.ok(made.length >= 1)
    assert.deepEqual(
      readTokens(file)
        .map(({ name }) => name)
        .sort(),
      made,
    )
    for (const each of tries) if (each.status === 'rejected') assert.equal(each.reason.code, 'tokens-busy')
    await writeFile(`${file}.next`, 'half')
    await assert.rejects(revokeToken(file, 'a'), { code: 'tokens-busy' })
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(`${file}.next`, longAgo, longAgo)
    await createToken(file, { ...READER, name: 'late' })
    assert.ok(readTokens(file).some(({ name }) => name === 'late'))
  })

  it('is refused when others may read it, or when it is not what we wrote', async () => {
    const dir = await tempDir()
    const file = tokensFileOf(dir)
    await createToken(file, READER)
    await chmod(file, 0o640)
    assert.throws(() => readTokens(file), {
      code: 'tokens-permissions',
      message: /\(mode 640\)\. Run: chmod 600/,
    })
    await chmod(file, 0o600)
    const good = await readFile(file, 'utf8')
    for (const bad of [
      '{',
      'tokens: []',
      good.replace('v: 1', 'v: 2'),
      good.replace('read', 'root'),
      good.replace('sha256', 'sha255'),
    ]) {
      await writeFile(file, bad)
      assert.throws(() => readTokens(file), { code: 'tokens-damaged', message: /skein token create/ }, bad)
    }
  })
})

describe('API tokens: a damaged file', () => {
  const tempDir = tempDirs()

  it('is not quoted on stderr by who parses it', async () => {
    const file = tokensFileOf(await tempDir())
    await createToken(file, READER)
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('sha256:', 'sha256: !!secret'))
    const warnings: unknown[] = []
    const listen = (warning: unknown) => void warnings.push(warning)
    process.on('warning', listen)
    try {
      readTokens(file)
    } catch {
      // Whether it is refused is not the question here.
    }
    await new Promise(resolve => setImmediate(resolve))
    process.off('warning', listen)
    assert.deepEqual(warnings, [])
  })
})

describe('API tokens: the book of a running node', () => {
  const tempDir = tempDirs()
  const errors: string[] = []
  const error = (_: unknown, message: string) => void errors.push(message)
  const log = { error } as Pick<Logger, 'error'>

  it('knows each change of the file at the next question', async () => {
    const dir = await tempDir()
    const file = tokensFileOf(dir)
    const book = new TokenBook(file, log)
    assert.equal(book.size, 0)
    const { token } = await createToken(file, READER)
    const record = book.find(token)
    assert.equal(record?.name, 'grafana')
    assert.equal(book.find(`${token}x`), null)
    assert.equal(book.find(''), null)
    await createToken(file, PILOT)
    assert.ok(book.holds(record))
    await revokeToken(file, 'grafana')
    assert.equal(book.find(token), null)
    assert.equal(book.holds(record), false)
    // Of the same name, and yet another token.
    await createToken(file, READER)
    assert.equal(book.holds(record), false)
  })

  it('lets nobody in by a file it cannot use, says so once, and goes on when it is mended', async () => {
    const dir = await tempDir()
    errors.length = 0
    const file = tokensFileOf(dir)
    const { token } = await createToken(file, READER)
    const book = new TokenBook(file, log)
    await rename(file, `${file}.good`)
    await writeFile(file, 'rubbish', { mode: 0o600 })
    for (let i = 0; i < 3; i++) assert.equal(book.find(token), null)
    assert.equal(book.fault?.code, 'tokens-damaged')
    assert.equal(errors.length, 1)
    await rename(`${file}.good`, file)
    assert.equal(book.find(token)?.name, 'grafana')
    await chmod(file, 0o604)
    assert.equal(book.find(token), null)
    assert.equal(book.fault?.code, 'tokens-permissions')
    await chmod(file, 0o600)
    assert.equal(book.find(token)?.name, 'grafana')
  })
})

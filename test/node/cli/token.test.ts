import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokensFileOf } from '../../../node/api/guard/token-file.ts'
import { type Served, serve } from '../api/harness.ts'
import { type Ended, skein } from './skein.ts'

/** Tokens as an operator handles them: on the data directory, with a node of memory running on it. */
describe('cli: token', function () {
  this.timeout(60_000)
  let dir = ''
  let served: Served
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'skein-token-'))
    served = await serve({ tokensFile: tokensFileOf(dir), open: 'none' })
  })
  after(async () => {
    await served[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true })
  })

  const token = (line: string): Promise<Ended> => skein(['token', ...line.split(' '), '--data-dir', dir])
  const ask = (given: string): Promise<Ended> => {
    const file = join(dir, 'given')
    writeFileSync(file, given, { mode: 0o600 })
    return skein(['peers', '--api', String(served.api.port), '--token-file', file])
  }

  it('create shows the token this once, and the running node lets it in; revoke, and it does not', async () => {
    const made = await token('create --name grafana --scope read --expires 30d')
    assert.equal(made.code, 0, made.stderr)
    assert.match(made.stdout, /^skein_[\w-]{43}\n$/, 'nothing else on stdout: it can go into a file')
    const file = tokensFileOf(dir)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.ok(!readFileSync(file, 'utf8').includes(made.stdout.trim().slice(6)))
    assert.equal((await ask(made.stdout)).code, 0)

    const listed = await token('list -o json')
    const [only] = JSON.parse(listed.stdout)
    assert.deepEqual(Object.keys(only), ['name', 'scope', 'createdAt', 'expiresAt'])
    const lifetimeMs = Date.parse(only.expiresAt) - Date.parse(only.createdAt)
    assert.ok(Math.abs(lifetimeMs - 30 * 86_400_000) < 1_000)

    const revoked = await token('revoke grafana')
    assert.deepEqual([revoked.code, revoked.stdout], [0, 'revoked grafana\n'])
    const refused = await ask(made.stdout)
    assert.equal(refused.code, 77)
    assert.match(refused.stderr, /^error: This is no token of this node\. .*skein token create/)
  })

  it('tells apart what can go wrong', async () => {
    await token('create --name pilot --scope operate')
    const table = await token('list')
    assert.match(table.stdout, /^NAME +SCOPE +CREATED +EXPIRES\npilot +operate +\S+Z +never\n$/)
    const cases: readonly (readonly [string, number, RegExp])[] = [
      ['create --name pilot --scope read', 73, /there is a token 'pilot' already/],
      ['create --name Pilot --scope read', 2, /--name Pilot: must be at most 32 lower-case letters/],
      ['create --name x --scope root', 2, /Allowed choices are read, operate, admin/],
      ['create --name x', 2, /'--scope <scope>' not specified/],
      [
        'create --name x --scope read --expires soon',
        2,
        /--expires soon: must be minutes, hours or days, such as 30d/,
      ],
      ['revoke tower', 1, /there is no token 'tower'\. There are: pilot/],
    ]
    for (const [line, code, stderr] of cases) {
      const ended = await token(line)
      assert.match(ended.stderr, stderr, line)
      assert.equal(ended.code, code, line)
    }
    writeFileSync(tokensFileOf(dir), 'rubbish')
    const damaged = await token('list')
    assert.equal(damaged.code, 78)
    assert.match(damaged.stderr, /api-tokens\.yaml: is damaged/)
  })
})

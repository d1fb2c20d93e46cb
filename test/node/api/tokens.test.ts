import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { Callers, demand } from '../../../node/api/guard/callers.ts'
import { SCOPES } from '../../../node/api/guard/scope.ts'
import { TokenBook } from '../../../node/api/guard/token-book.ts'
import { createToken, readTokens, revokeToken, tokensFileOf } from '../../../node/api/guard/token-file.ts'
import type { ApiProblem } from '../../../node/api/problem.ts'
import { routes } from '../../../node/api/routes.ts'
import { tempDirs } from '../store/temp-dir.ts'
import { json, metricValue, problem, raw, type Served, serve, until } from './harness.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const failures = (served: Served, reason: string) =>
  metricValue(served.metrics, `skein_api_auth_failures_total{reason="${reason}"}`)

describe('HTTP API: tokens and scopes', () => {
  const tempDir = tempDirs()
  const made = (
    file: string,
    name: string,
    scope: (typeof SCOPES)[number],
    expiresAt: string | null = null,
  ) => createToken(file, { name, scope, expiresAt }).then(({ token }) => token)

  it('lets every route be used by who has its scope or more, and by nobody else', async () => {
    const tokensFile = tokensFileOf(await tempDir())
    const tokens = new Map<string, string>()
    for (const scope of SCOPES) tokens.set(scope, await made(tokensFile, scope, scope))
    await using served = await serve({ tokensFile, open: 'none' })
    for (const { method, path, scope } of routes) {
      // HEAD opens no stream, and is let in like GET.
      const ask = method === 'GET' ? { method: 'HEAD' } : json({})
      const without = await raw(served.api, path, ask)
      assert.equal(without.status === 401, scope !== 'anyone', `${path} without a token`)
      for (const given of SCOPES) {
        const headers = { ...(ask as { headers?: object }).headers, ...bearer(tokens.get(given) ?? '') }
        const { status } = await raw(served.api, path, { ...ask, headers })
        const isEnough = scope === 'anyone' || SCOPES.indexOf(given) >= SCOPES.indexOf(scope)
        assert.equal(status === 403, !isEnough, `${method} ${path} with ${given}: ${status}`)
        assert.notEqual(status, 401)
      }
    }
  })

  it('judges a caller without a token by what is open, and one with a token by the token alone', async () => {
    const tokensFile = tokensFileOf(await tempDir())
    const reader = await made(tokensFile, 'reader', 'read')
    const tried = async (open: 'none' | 'read' | 'operate' | undefined) => {
      await using served = await serve({ tokensFile, ...(open !== undefined && { open }) })
      const read = await raw(served.api, '/api/v1/status')
      const post = await raw(served.api, '/api/v1/position', json({}))
      const withToken = await raw(served.api, '/api/v1/position', json({}, bearer(reader)))
      return [read.status, post.status, withToken.status]
    }
    assert.deepEqual(await tried('none'), [401, 401, 403])
    assert.deepEqual(await tried('read'), [200, 401, 403])
    assert.deepEqual(await tried('operate'), [200, 422, 403])
    assert.deepEqual(await tried(undefined), [200, 422, 403])
  })

  it('opens nothing without a token beyond loopback, whatever is said', async () => {
    const tokensFile = tokensFileOf(await tempDir())
    await assert.rejects(serve({ host: '0.0.0.0', tokensFile }), { code: 'token-required' })
    const token = await made(tokensFile, 'fleet', 'read')
    await using served = await serve({ host: '0.0.0.0', tokensFile, open: 'operate' })
    assert.equal((await raw(served.api, '/api/v1/status')).status, 401)
    assert.equal((await raw(served.api, '/api/v1/status', { headers: bearer(token) })).status, 200)
  })

  it('says what to do: which scope, which command, how long', async () => {
    const tokensFile = tokensFileOf(await tempDir())
    const reader = await made(tokensFile, 'reader', 'read')
    const late = await made(tokensFile, 'late', 'admin', '2026-01-01T00:00:00.000Z')
    await using served = await serve({ tokensFile, open: 'read' })
    const post = (headers: Record<string, string>) => raw(served.api, '/api/v1/position', json({}, headers))

    const missing = problem(await post({}))
    assert.deepEqual([missing.status, missing.code], [401, 'token-missing'])
    assert.equal(missing.detail, 'Without a token the scope is read; this needs operate.')
    assert.match(missing.hint, /skein token create/)

    const small = await post(bearer(reader))
    assert.deepEqual([small.status, problem(small).code], [403, 'scope-too-small'])
    assert.match(problem(small).detail, /'reader' has scope read; this needs operate/)
    assert.match(String(small.headers['www-authenticate']), /error="insufficient_scope", scope="operate"/)

    const expired = await post(bearer(late))
    assert.deepEqual([expired.status, problem(expired).code], [401, 'token-expired'])
    assert.match(problem(expired).detail, /'late' has expired/)
    assert.match(String(expired.headers['www-authenticate']), /error="invalid_token"/)

    for (const authorization of ['Bearer nonsense', 'Basic YTpi', 'Bearer', `Bearer ${reader} ${reader}`]) {
      assert.equal(problem(await post({ authorization })).code, 'token-wrong', authorization)
    }
    for (const [reason, count] of [
      ['missing', 1],
      ['scope', 1],
      ['expired', 1],
      ['wrong', 4],
      ['throttled', 0],
    ] as const)
      assert.equal(await failures(served, reason), count, reason)
  })

  it('notices at once what was made and what was revoked', async () => {
    const tokensFile = tokensFileOf(await tempDir())
    await using served = await serve({ tokensFile, open: 'none' })
    const status = async (token: string) =>
      (await raw(served.api, '/api/v1/status', { headers: bearer(token) })).status
    for (let i = 0; i < 5; i++) {
      const token = await made(tokensFile, 'pilot', 'read')
      assert.equal(await status(token), 200)
      await revokeToken(tokensFile, 'pilot')
      assert.equal(await status(token), 401)
    }
    const token = await made(tokensFile, 'pilot', 'read')
    await rm(tokensFile)
    assert.equal(await status(token), 401)
  })

  it('breaks off the stream of a token that is revoked, and no other', async () => {
    const tokensFile = tokensFileOf(await tempDir())
    const [pilot, tower] = [await made(tokensFile, 'pilot', 'read'), await made(tokensFile, 'tower', 'read')]
    await using served = await serve({ tokensFile, open: 'none' })
    const open = async (token: string): Promise<IncomingMessage> => {
      const [answer] = await once(
        get(`${served.api.url}/api/v1/events`, { headers: bearer(token), agent: false }),
        'response',
      )
      answer.resume()
      answer.on('error', () => {})
      return answer
    }
    const [revoked, kept] = [await open(pilot), await open(tower)]
    const broken = new Promise(resolve => revoked.once('close', resolve))
    await revokeToken(tokensFile, 'pilot')
    await broken
    assert.equal(revoked.complete, false, 'not an end, a break')
    assert.equal(kept.destroyed, false)
    await until(
      async () => (await metricValue(served.metrics, 'skein_stream_clients{stream="events"}')) === 1,
    )
    kept.destroy()
  })

  it('does not start with a file of tokens it cannot trust, and lets nobody in by one that goes bad', async () => {
    const tokensFile = tokensFileOf(await tempDir())
    const token = await made(tokensFile, 'pilot', 'read')
    await chmod(tokensFile, 0o644)
    await assert.rejects(serve({ tokensFile }), { code: 'tokens-file', message: /chmod 600/ })
    await chmod(tokensFile, 0o600)
    const configured = 'c0ffee'.repeat(6)
    await using served = await serve({ tokensFile, token: configured })
    await writeFile(tokensFile, `${await readFile(tokensFile, 'utf8')}garbage`)
    const refused = await raw(served.api, '/api/v1/status', { headers: bearer(token) })
    assert.deepEqual([refused.status, problem(refused).code], [503, 'tokens-unreadable'])
    assert.doesNotMatch(refused.text, /api-tokens|\/tmp/)
    assert.equal((await raw(served.api, '/api/v1/status', { headers: bearer(configured) })).status, 200)
    assert.deepEqual(served.logged, ['no API token is accepted until its file is mended'])
  })

  it('holds back an address that guesses, even from the right token, until it may try again', async () => {
    const token = 'c0ffee'.repeat(6)
    await using served = await serve({ token })
    const ask = (given: string) => raw(served.api, '/api/v1/status', { headers: bearer(given) })
    for (let i = 0; i < 10; i++) assert.equal((await ask(`guess-${i}`)).status, 401)
    for (const given of ['guess-10', token]) {
      const held = await ask(given)
      assert.deepEqual([held.status, problem(held).code], [429, 'too-many-wrong-tokens'])
      assert.match(String(held.headers['retry-after']), /^[1-6]$/)
      assert.match(problem(held).hint, /wait [1-6] s/)
    }
    assert.deepEqual([await failures(served, 'wrong'), await failures(served, 'throttled')], [10, 2])
    assert.equal(
      (await raw(served.api, '/livez', { headers: bearer(token) })).status,
      200,
      'health is for anyone',
    )
    // In the log: one event for all the wrong ones, one for those held back.
    assert.equal(served.node.events.length, 2)
  })

  it('has no route that anyone may change something by', () => {
    for (const { method, path, scope } of routes) if (method !== 'GET') assert.notEqual(scope, 'anyone', path)
  })

  it('knows admin apart from operate', async () => {
    const file = tokensFileOf(await tempDir())
    const pilot = await made(file, 'pilot', 'operate')
    const boss = await made(file, 'boss', 'admin')
    const book = new TokenBook(file, { error: () => assert.fail() })
    const callers = new Callers({ open: 'operate', token: undefined, book })
    const identify = (token: string | null) =>
      callers.identify(token === null ? null : `Bearer ${token}`, '192.0.2.1')
    demand(identify(boss), 'admin')
    demand(identify(pilot), 'operate')
    const refusedWith = (status: number) => (error: ApiProblem) => error.facts.status === status
    assert.throws(() => demand(identify(pilot), 'admin'), refusedWith(403))
    assert.throws(() => demand(identify(null), 'admin'), refusedWith(401))
    assert.equal(readTokens(file).length, 2)
  })
})

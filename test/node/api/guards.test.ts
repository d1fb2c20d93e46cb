import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostRule, isLoopback } from '../../../node/api/guard/hosts.ts'
import { json, problem, raw, serve } from './harness.ts'

const TOKEN = 'c0ffee'.repeat(6)
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('HTTP API: who may ask', () => {
  it('refuses to listen where others can reach it without a token', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      await assert.rejects(serve({ host }), {
        code: 'token-required',
        message: `Everyone who reaches ${host} could ask for the API, and there is no token to tell callers by. Make one with "skein token create" (and the same --data-dir), or listen on 127.0.0.1.`,
      })
    }
  })

  it('listens there with one, and then wants it', async () => {
    await using served = await serve({ host: '0.0.0.0', token: TOKEN })
    assert.equal(served.api.url, `http://127.0.0.1:${served.api.port}`)
    const missing = await raw(served.api, '/api/v1/status')
    assert.equal(missing.headers['www-authenticate'], 'Bearer realm="skein"')
    assert.deepEqual([missing.status, problem(missing).code], [401, 'token-missing'])
    const wrong = problem(await raw(served.api, '/api/v1/status', bearer(`${TOKEN}0`)))
    assert.deepEqual([wrong.status, wrong.code], [401, 'token-wrong'])
    assert.equal((await raw(served.api, '/api/v1/status', bearer(TOKEN))).status, 200)
  })

  it('wants the token for everything but health in a word and the map’s files', async () => {
    const page = { body: new Uint8Array(), contentType: 'text/html', etag: '"1"', cacheControl: 'no-cache' }
    await using served = await serve({ token: TOKEN, mapAssets: async () => new Map([['/', page]]) })
    const status = async (path: string) => (await raw(served.api, path)).status
    assert.deepEqual([await status('/livez'), await status('/')], [200, 200])
    served.node.checks = [{ name: 'storage', ok: false, detail: '/dev/sda is full' }]
    const unknown = await raw(served.api, '/readyz?verbose')
    assert.deepEqual([unknown.status, unknown.text], [503, 'not ready\n'])
    const known = await raw(served.api, '/readyz?verbose', bearer(TOKEN))
    assert.match(known.text, /sda is full/)
    for (const path of ['/metrics', '/api/openapi.json', '/api/v1/events', '/api/v1/map/stream', '/nowhere'])
      assert.equal(await status(path), 401, path)
  })

  it('reads the token from a file, and warns when others can read it too', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'skein-token-'))
    try {
      const tokenFile = join(dir, 'token')
      await writeFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 })
      {
        await using served = await serve({ tokenFile })
        assert.equal((await raw(served.api, '/api/v1/status', bearer(TOKEN))).status, 200)
        assert.deepEqual(served.logged, [])
      }
      await chmod(tokenFile, 0o644)
      await using served = await serve({ tokenFile })
      assert.deepEqual(served.logged, ['other users can read the API token file: chmod 600 it'])
      await writeFile(tokenFile, 'short\n')
      await assert.rejects(serve({ tokenFile }), {
        code: 'token-weak',
        message: /must be at least 16 printable/,
      })
      await assert.rejects(serve({ tokenFile: join(dir, 'none') }), { code: 'token-file', message: /ENOENT/ })
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('refuses names it was not given: a page elsewhere may have rebound its name to us', async () => {
    await using served = await serve({ allowedHosts: ['drone-1.fleet.example'] })
    const status = (host: string) =>
      raw(served.api, '/api/v1/status', { headers: { host } }).then(answer => answer.status)
    for (const host of ['127.0.0.1', `localhost:${served.api.port}`, '[::1]:80', 'DRONE-1.fleet.example:80'])
      assert.equal(await status(host), 200, host)
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      'drone-1.fleet.example.evil',
      '[::2]',
    ])
      assert.equal(await status(host), 421, host)
    const refused = problem(await raw(served.api, '/livez', { headers: { host: 'evil.example:80' } }))
    assert.equal(refused.code, 'unknown-host')
    assert.match(refused.detail, /not addressed as "evil.example:80"/)
    assert.match(refused.hint, /allowed hosts/)
  })

  it('on a wildcard address takes any IP, and still no unknown name', () => {
    const allowed = hostRule('0.0.0.0', [])
    assert.deepEqual(
      [
        '10.1.2.3:80',
        '[2001:db8::1]:80',
        'localhost',
        'evil.example',
        '',
        'a b',
        '10.1.2.3.evil.example',
      ].map(allowed),
      [true, true, true, false, false, false, false],
    )
    assert.deepEqual(
      ['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'localhost', 'x.localhost', '0.0.0.0', '128.0.0.1'].map(
        isLoopback,
      ),
      [true, true, true, true, true, false, false, false],
    )
  })

  it('refuses pages of other sites, and lets its own page and programs in', async () => {
    await using served = await serve()
    const host = `127.0.0.1:${served.api.port}`
    const ask = (headers: Record<string, string>) =>
      raw(served.api, '/api/v1/status', { headers: { host, ...headers } })
    const post = (origin: string) =>
      raw(served.api, '/api/v1/position', json({}, { host, origin })).then(answer => answer.status)
    assert.equal(await post('https://evil.example'), 403)
    assert.equal(await post('null'), 403)
    assert.equal(await post('http://127.0.0.1:1'), 403)
    assert.equal(await post(`http://${host}`), 422)
    const refused = problem(await ask({ origin: 'https://evil.example' }))
    assert.equal(refused.code, 'foreign-origin')
    assert.match(refused.detail, /A page of https:\/\/evil.example may not use this node/)
    assert.equal((await ask({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).status, 403)
    assert.equal((await ask({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status, 200)
    assert.equal((await ask({ 'sec-fetch-site': 'same-origin' })).status, 200)
  })

  it('hardens every answer, refusals too', async () => {
    await using served = await serve()
    for (const path of ['/api/v1/status', '/nowhere', '/livez']) {
      const { headers } = await raw(served.api, path)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    }
  })

  it('answers bytes that are no HTTP with a problem, and stays up', async () => {
    await using served = await serve()
    const socket = connect(served.api.port, '127.0.0.1')
    socket.end('\x16\x03\x01 this is TLS, or nothing\r\n\r\n')
    let text = ''
    socket.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    await once(socket, 'close')
    assert.match(text, /^HTTP\/1.1 400 Bad Request\r\nContent-Type: application\/problem\+json/)
    assert.match(text, /"code":"malformed-http".*starts with http:\/\//)
    const huge = await raw(served.api, '/livez', { headers: { filler: 'x'.repeat(20_000) } })
    assert.deepEqual([huge.status, problem(huge).code], [431, 'headers-too-large'])
    assert.equal((await raw(served.api, '/livez')).status, 200)
  })

  it('does not answer a request with what it has to say of the garbage behind it', async () => {
    await using served = await serve()
    const report = {
      latDeg: 47.37,
      lngDeg: 8.54,
      altitude: { value: 500, reference: 'W84', units: 'M' },
      velocityMps: { north: 0, east: 0, up: 0 },
    }
    const body = JSON.stringify(report)
    const socket = connect(served.api.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      'POST /api/v1/position HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}}}}}\r\n\r\n`,
    )
    let text = ''
    socket.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    await once(socket, 'close')
    assert.equal(served.node.fixes.length, 1)
    assert.doesNotMatch(text, /HTTP\/1.1 4/)
  })

  it('ends a request that arrives too slowly', async () => {
    await using served = await serve({ limits: { headMs: 200 } })
    const socket = connect(served.api.port, '127.0.0.1')
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n')
    let text = ''
    socket.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    await once(socket, 'close')
    assert.match(text, /^HTTP\/1.1 408 /)
    assert.match(text, /"code":"request-timeout"/)
  })
})

import assert from 'node:assert/strict'
import { MAP_HEADERS, type MapAsset, MapUnavailableError } from '../../../node/map/bundle.ts'
import { metricValue, problem, raw, serve } from './harness.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const PAGE = {
  body: bytes('<!doctype html>map'),
  contentType: 'text/html',
  etag: '"page"',
  cacheControl: 'no-cache',
}
const SCRIPT = {
  body: bytes('draw()'),
  contentType: 'text/javascript',
  etag: '"script"',
  cacheControl: 'public, max-age=31536000, immutable',
}
const mapAssets = async () =>
  new Map<string, MapAsset>([
    ['/', PAGE],
    ['/map/app.js', SCRIPT],
  ])

describe('HTTP API: routing and static files', () => {
  it('says which routes are near an unknown one', async () => {
    await using served = await serve()
    const near = async (path: string) => problem(await raw(served.api, path))
    const slip = await near('/api/v1/neighbours')
    assert.deepEqual([slip.status, slip.code], [404, 'not-found'])
    assert.deepEqual(slip.near, ['/api/v1/neighbors'])
    assert.equal(slip.hint, 'Did you mean /api/v1/neighbors?')
    assert.deepEqual((await near('/status')).near, ['/api/v1/status'])
    assert.deepEqual((await near('/api/v1/peers/')).near, ['/api/v1/peers'])
    assert.deepEqual((await near('/wp-admin/index.php')).near, [])
    assert.match((await near('/wp-admin/index.php')).hint, /openapi.json/)
  })

  it('says which methods a path takes', async () => {
    await using served = await serve()
    const refuse = (path: string, method: string) => raw(served.api, path, { method })
    const put = await refuse('/api/v1/position', 'PUT')
    assert.deepEqual([put.status, put.headers.allow], [405, 'POST'])
    assert.equal(problem(put).detail, '/api/v1/position does not take PUT.')
    const get = await refuse('/api/v1/position', 'GET')
    assert.deepEqual([get.status, get.headers.allow], [405, 'POST'])
    const remove = await refuse('/api/v1/status', 'DELETE')
    assert.deepEqual([remove.status, remove.headers.allow], [405, 'GET, HEAD'])
    assert.equal((await refuse('/', 'POST')).status, 405)
  })

  it('answers HEAD like GET, without a body, and opens no stream for it', async () => {
    await using served = await serve()
    for (const path of ['/api/v1/status', '/api/v1/events', '/api/v1/map/stream', '/api/v1/log']) {
      const head = await raw(served.api, path, { method: 'HEAD' })
      assert.deepEqual([head.status, head.text], [200, ''], path)
    }
    for (const stream of ['log', 'events', 'map'])
      assert.equal(await metricValue(served.metrics, `skein_stream_clients{stream="${stream}"}`), 0)
  })

  it('refuses parameters it does not know', async () => {
    await using served = await serve()
    const refused = problem(await raw(served.api, '/api/v1/log?form=5'))
    assert.deepEqual([refused.status, refused.code], [400, 'invalid-query'])
    assert.match(refused.detail, /Unrecognized key: "form"/)
    assert.match(refused.hint, /from, limit/)
  })

  it('serves the map’s files as they are, with a policy that lets in nothing foreign', async () => {
    await using served = await serve({ mapAssets })
    const page = await raw(served.api, '/')
    assert.deepEqual(
      [page.status, page.text, page.headers['content-type']],
      [200, '<!doctype html>map', 'text/html'],
    )
    for (const [name, value] of Object.entries(MAP_HEADERS)) assert.equal(page.headers[name], value)
    assert.match(
      String(page.headers['content-security-policy']),
      /default-src 'self'.*frame-ancestors 'none'/,
    )
    const script = await raw(served.api, '/map/app.js')
    assert.deepEqual([script.text, script.headers['cache-control']], ['draw()', SCRIPT.cacheControl])
    const again = await raw(served.api, '/map/app.js', { headers: { 'if-none-match': SCRIPT.etag } })
    assert.deepEqual([again.status, again.text], [304, ''])
  })

  it('serves a base map if there is one, and nothing beside the given files', async () => {
    const baseMap = new TextEncoder().encode('{"type":"FeatureCollection","features":[]}')
    await using served = await serve({ mapAssets, baseMap })
    const base = await raw(served.api, '/map/base.geojson')
    assert.equal(base.headers['content-type'], 'application/geo+json')
    assert.equal(base.text, new TextDecoder().decode(baseMap))
    for (const path of ['/map/../../etc/passwd', '/map/%2e%2e/server.ts', '/map/', '/map/none.js'])
      assert.equal((await raw(served.api, path)).status, 404, path)
    await using without = await serve({ mapAssets })
    assert.equal((await raw(without.api, '/map/base.geojson')).status, 404)
  })

  it('says what to do where there is no map to serve', async () => {
    const none = async () => {
      throw new MapUnavailableError('there is no /secret/place')
    }
    await using served = await serve({ mapAssets: none })
    const refused = await raw(served.api, '/')
    assert.deepEqual([refused.status, problem(refused).code], [503, 'map-unavailable'])
    assert.match(problem(refused).hint, /npm ci/)
    assert.doesNotMatch(refused.text, /secret/)
  })

  it('tries again when the map could not be read', async () => {
    let tries = 0
    const failingOnce = async () => {
      tries += 1
      if (tries === 1) throw new Error('disk')
      return mapAssets()
    }
    await using served = await serve({ mapAssets: failingOnce })
    assert.equal((await raw(served.api, '/')).status, 500)
    assert.equal((await raw(served.api, '/')).status, 200)
  })
})

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildMapAssets, MAP_HEADERS, mapAssets } from '../../../node/map/bundle.ts'

const BUNDLE = fileURLToPath(new URL('../../../node/map/bundle.ts', import.meta.url))

const text = (body: Uint8Array | undefined): string => new TextDecoder().decode(body)

describe('map assets', function () {
  this.timeout(60_000)

  it('are a page, one script and one style, the latter two under names that change with their content', async () => {
    const assets = await mapAssets()
    const paths = [...assets.keys()].filter(path => !path.endsWith('.txt')).sort()
    assert.equal(paths.length, 5)
    const [page, base, icon, script, style] = paths
    assert.equal(page, '/')
    assert.equal(base, '/map/base.geojson', 'an empty map, until the node has one')
    assert.equal(icon, '/map/icon.svg')
    assert.match(script ?? '', /^\/map\/main-[A-Z0-9]{8}\.js$/)
    assert.match(style ?? '', /^\/map\/style-[A-Z0-9]{8}\.css$/)
    const html = text(assets.get('/')?.body)
    for (const path of [icon, script, style]) assert.ok(html.includes(`"${path}"`), path)
  })

  it('may be kept for ever where the name says what is in them, and nowhere else', async () => {
    for (const [path, { cacheControl, etag }] of await mapAssets()) {
      const hashed = /-[A-Z0-9]{8}\.(js|css)$/.test(path)
      assert.equal(cacheControl, hashed ? 'public, max-age=31536000, immutable' : 'no-cache', path)
      assert.match(etag, /^"[\w-]{22}"$/)
    }
  })

  it('name no other host and need no inline script or style', async () => {
    const assets = await mapAssets()
    const html = text(assets.get('/')?.body)
    assert.doesNotMatch(html, /https?:|style=|<style|onclick|<script(?! type="module" src)/)
    for (const [path, { body }] of assets) {
      if (path.endsWith('.css')) assert.doesNotMatch(text(body), /url\(|@import/)
    }
    assert.match(MAP_HEADERS['content-security-policy'] ?? '', /default-src 'self'/)
    assert.doesNotMatch(MAP_HEADERS['content-security-policy'] ?? '', /unsafe|https?:/)
  })

  it('are bundled once for all who ask', async () => {
    const [one, other] = await Promise.all([mapAssets(), mapAssets()])
    assert.equal(one, other)
  })

  it('stop being waited for when the signal says so', async () => {
    await assert.rejects(mapAssets({ signal: AbortSignal.abort(new Error('stopped')) }), /stopped/)
  })

  it('come from dist/map in a published package; without it the error says what to do', async () => {
    const root = await mkdtemp(join(tmpdir(), 'skein-package-'))
    try {
      const module = join(root, 'dist/node/map/bundle.js')
      await mkdir(join(root, 'dist/node/map'), { recursive: true })
      await writeFile(join(root, 'package.json'), '{"name":"skein","type":"module"}')
      await writeFile(module, stripTypeScriptTypes(await readFile(BUNDLE, 'utf8')))
      const published = (await import(pathToFileURL(module).href)) as {
        mapAssets: typeof mapAssets
      }
      await assert.rejects(published.mapAssets(), {
        code: 'MAP_UNAVAILABLE',
        message: `The live map cannot be served: there is no ${join(root, 'dist/map')} and esbuild is not installed. From a clone run "npm ci"; in a package, install it again.`,
      })
      await buildMapAssets(join(root, 'dist/map'))
      assert.deepEqual(
        [...(await published.mapAssets()).keys()].sort(),
        [...(await mapAssets()).keys()].sort(),
      )
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })

  it('can be written to a folder, as a published package carries them', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'skein-assets-'))
    try {
      await buildMapAssets(dir)
      const names = await readdir(dir)
      assert.ok(names.includes('index.html') && names.includes('icon.svg'))
      assert.equal(await readFile(join(dir, 'index.html'), 'utf8'), text((await mapAssets()).get('/')?.body))
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  })
})

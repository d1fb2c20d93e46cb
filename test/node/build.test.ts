import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { buildProgram, bundledPackages } from '../../node/build.ts'
import { buildMapAssets } from '../../node/map/bundle.ts'

const PACKAGE = join(import.meta.dirname, '../..')
const CACHE = join(PACKAGE, 'node_modules/.cache/skein')

describe('build', function () {
  this.timeout(60_000)
  let dir: string
  let metafile: Metafile
  before(async () => {
    await mkdir(CACHE, { recursive: true })
    // Under our node_modules, where dependencies are found as they are in an installed package.
    dir = await mkdtemp(join(CACHE, 'build-test-'))
    metafile = await buildProgram(join(dir, 'dist'))
    await buildMapAssets(join(dir, 'dist/map'))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  it('leaves outside what package.json names as a dependency, and nothing else', async () => {
    const { dependencies } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'))
    const imports = Object.values(metafile.outputs).flatMap(output => output.imports)
    const outside = new Set(imports.filter(({ external }) => external).map(({ path }) => path))
    const libraries = [...outside].filter(path => !isBuiltin(path)).sort()
    // esbuild is asked for only by a clone, which bundles its map itself.
    assert.deepEqual(libraries, [...Object.keys(dependencies), 'esbuild'].sort())
  })

  it('makes the files that package.json exports and starts', async () => {
    const { exports } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'))
    for (const name of ['.', './client']) assert.ok(await readFile(join(dir, exports[name].default)))
    const library = await import(join(dir, exports['.'].default))
    assert.ok(library.createNode && library.loadConfig && library.verifyLog)
    assert.ok((await import(join(dir, exports['./client'].default))).createClient)
  })

  it('names everyone whose code is inside, with their licence', async () => {
    const text = await readFile(join(dir, 'dist/LICENSES.txt'), 'utf8')
    const parts = text.split(`\n${'-'.repeat(80)}\n`)
    const packages = bundledPackages(metafile)
    assert.ok(packages.length > 50)
    assert.equal(parts.length, packages.length)
    for (const [i, folder] of packages.entries()) {
      const { name, version, license } = JSON.parse(
        await readFile(join(PACKAGE, folder, 'package.json'), 'utf8'),
      )
      assert.ok(parts[i]?.trim().startsWith(`${name} ${version}: ${license}`), folder)
      assert.match(license, /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0)\b/, name)
    }
  })

  it('runs a node, and one of the demo', async () => {
    const bin = join(dir, 'dist/node/cli/skein.js')
    const settings = ['listen=["/ip4/127.0.0.1/tcp/0"]', 'mdns=false', 'api.port=0', 'eventLog.reserveMiB=1']
    const args = ['run', '--data-dir', join(dir, 'data'), ...settings.flatMap(one => ['--set', one])]
    const node = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      for await (const text of node.stdout.setEncoding('utf8')) if (/^api +http/m.test(text)) break
      assert.equal(node.exitCode, null)
    } finally {
      node.kill()
    }
    if (node.exitCode === null) await once(node, 'exit')
    assert.equal(node.exitCode, 0)
    const demo = spawnSync(process.execPath, [bin, 'demo', '--agents', '1', '--no-open', '--for', '1'], {
      encoding: 'utf8',
    })
    assert.equal(demo.status, 0, demo.stderr)
  })
})

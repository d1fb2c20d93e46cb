import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { VERSION } from '../../../node/version.ts'
import { BIN } from './skein.ts'

const TOO_OLD =
  /^error: skein needs Node 22\.18 or newer, and this is Node (\S+) \(.*\)\.\nIn a clone, `npm ci`/

describe('cli: bin', () => {
  /** The first Node on the path that is too old, if there is one. */
  function olderNode(): string | null {
    const places = (process.env.PATH ?? '').split(':').concat('/usr/bin', '/usr/local/bin')
    for (const place of places) {
      const { stdout } = spawnSync(`${place}/node`, ['--version'], { encoding: 'utf8' })
      const [, major = '99', minor = '0'] = /^v(\d+)\.(\d+)/.exec(stdout ?? '') ?? []
      if (Number(major) < 22 || (major === '22' && Number(minor) < 18)) return `${place}/node`
    }
    return null
  }

  it('tells an older Node which one is needed, and how to get it', () => {
    const node = olderNode()
    if (node === null) {
      console.log('      (not tried: no older Node on this machine)')
      return
    }
    const { status, stderr } = spawnSync(node, [BIN, '--help'], { encoding: 'utf8' })
    assert.match(stderr, TOO_OLD)
    assert.equal(status, 78)
  })

  for (const [version, isEnough] of [
    ['22.17.9', false],
    ['18.0.0', false],
    ['22.18.0', true],
    ['30.0.0', true],
  ] as const) {
    it(`takes Node ${version} ${isEnough ? 'for enough' : 'for too old'}`, () => {
      const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
      const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, BIN, '--version']
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      assert.equal(status, isEnough ? 0 : 78)
      if (!isEnough) assert.equal(TOO_OLD.exec(stderr)?.[1], version)
    })
  }

  it('runs what was built when it is installed, and the sources in a clone', () => {
    const dir = mkdtempSync(join(tmpdir(), 'skein-bin-'))
    try {
      const installed = join(dir, 'node_modules', 'skein')
      mkdirSync(join(installed, 'dist/node/cli'), { recursive: true })
      mkdirSync(join(installed, 'node/cli'), { recursive: true })
      for (const file of ['bin.js', 'small-heap.js'])
        copyFileSync(join(dirname(BIN), file), join(installed, 'node/cli', file))
      writeFileSync(join(installed, 'package.json'), '{"type":"module"}')
      writeFileSync(join(installed, 'dist/node/cli/skein.js'), 'console.log("built")')
      const bin = join(installed, 'node/cli/bin.js')
      assert.equal(spawnSync(process.execPath, [bin], { encoding: 'utf8' }).stdout, 'built\n')
      assert.equal(spawnSync(process.execPath, [BIN, '-V'], { encoding: 'utf8' }).stdout, `${VERSION}\n`)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('keeps the heap small, however the process was started', () => {
    const most = `
      import { getHeapSpaceStatistics } from 'node:v8'
      let [most, kept] = [0, []]
      for (let i = 0; i < 2e6; i++) {
        kept.push({ i })
        if (kept.length > 50_000) kept = []
        if (i % 10_000 === 0) most = Math.max(most, getHeapSpaceStatistics().find(s => s.space_name === 'new_space').space_size)
      }
      console.log(most / 2 ** 20)`
    const newSpaceMiB = (...imports: string[]) => {
      const args = ['--input-type=module', ...imports.flatMap(one => ['--import', one]), '--eval', most]
      return Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout)
    }
    const [usual, small] = [newSpaceMiB(), newSpaceMiB(join(dirname(BIN), 'small-heap.js'))]
    assert.ok(small > 0 && small <= usual / 2, `${small} MiB, without it ${usual}`)
  })

  it('asks for the Node that package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    assert.equal(engines.node, '>=22.18')
  })
})

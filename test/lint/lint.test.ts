import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const BIOME = join(ROOT, 'node_modules/.bin/biome')

const ONE_WAY = 'Imports run one way'
const NO_CLOCK = 'The core has no clock'
const NO_TIMERS = 'The core has no timers'
const NO_RANDOM = 'The core has no randomness of its own'
const SYNCHRONOUS = 'The core is synchronous'
const NO_IO = 'The core does no I/O'
const ONLY_AGENT = 'Only the agent knows all rooms'

/** A folder, a line that must not stand there, and words of the message that says so. */
type Bad = readonly [folder: string, code: string, message: string]

const BAD: readonly Bad[] = [
  ['src/time', `export { readFileSync as x } from 'node:fs'`, ONE_WAY],
  ['src/agent', `export { hostname as x } from 'node:os'`, ONE_WAY],
  ['src/time', `export const x = import('node:fs')`, ONE_WAY],
  ['src/time', `export { FrameError as x } from '../../protocols/frame-error.ts'`, ONE_WAY],
  ['src/time', `export type { Runtime as X } from '../../node/interface.ts'`, ONE_WAY],
  ['src/agent', `export { Kernel as x } from '../../sim/kernel/kernel.ts'`, ONE_WAY],
  ['src/time', `export { createLibp2p as x } from 'libp2p'`, NO_IO],
  ['src/agent', `export { tcp as x } from '@libp2p/tcp'`, NO_IO],
  ['src/time', `export { Agent as x } from '../agent/agent.ts'`, ONLY_AGENT],
  ['src/time', 'export const x = Date.now()', NO_CLOCK],
  ['src/time', 'export const x = new Date()', NO_CLOCK],
  ['src/time', 'export const x = performance.now()', NO_CLOCK],
  ['src/time', 'export const x = globalThis.Date.now()', ''],
  ['src/time', 'export const x = setTimeout(() => 0, 1)', NO_TIMERS],
  ['src/agent', 'export const x = setInterval(() => 0, 1)', NO_TIMERS],
  ['src/time', 'export const x = Math.random()', NO_RANDOM],
  ['src/time', 'export const x = Math.random', NO_RANDOM],
  ['src/time', 'export const x = crypto.randomUUID()', 'The core has no randomness'],
  ['src/time', 'export const x = async () => 1', SYNCHRONOUS],
  ['src/time', 'export const x = async (a: number) => a', SYNCHRONOUS],
  ['src/time', 'export async function x() {}', SYNCHRONOUS],
  ['src/time', 'export async function* x() {}', SYNCHRONOUS],
  ['src/time', 'export class X { async x() {} }', SYNCHRONOUS],
  ['src/time', 'export const x = { async x() {} }', SYNCHRONOUS],
  ['src/time', 'export const x = await 1', SYNCHRONOUS],
  ['src/time', 'export const x = Promise.resolve(1)', SYNCHRONOUS],
  ['src/time', 'export const x = process.env', 'The core knows no process'],
  ['src/time', `console.log('x')`, NO_IO],
  ['src/time', 'export const x = Buffer.alloc(1)', 'The core runs anywhere'],
  ['protocols', `export type { Runtime as X } from '../node/interface.ts'`, ONE_WAY],
  ['protocols/sync', `export { Kernel as x } from '../../sim/kernel/kernel.ts'`, ONE_WAY],
  ['node', `export { Kernel as x } from '../sim/kernel/kernel.ts'`, 'know nothing of each other'],
  ['sim', `export type { Runtime as X } from '../node/interface.ts'`, 'starts nodes only as processes'],
  ['sim', `export { createLibp2p as x } from 'libp2p'`, 'carries no real network'],
]

const GOOD: readonly (readonly [folder: string, code: string])[] = [
  ['src/time', `export { metresPerE7 as x } from '../geo/wgs84.ts'`],
  ['src/time', 'export const x = (wallMs: number): number => Math.floor(wallMs)'],
  ['src/agent', `export { SwarmClock as x } from '../time/swarm-clock.ts'`],
  ['protocols', `export { hash as x } from 'node:crypto'\nexport { hlcMs as y } from '../src/time/hlc.ts'`],
  [
    'node',
    `export { createLibp2p as x } from 'libp2p'\nexport const y = async (): Promise<number> => Date.now()`,
  ],
  ['sim', `export { Agent as x } from '../src/agent/agent.ts'`],
]

/**
 * Lints all snippets in one run of Biome, in a folder of their own under the project's own configuration.
 * Returns what it said about each file.
 */
function lint(files: readonly { readonly path: string; readonly code: string }[]): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-lint-'))
  try {
    for (const name of ['biome.json', '.gitignore', 'test/lint']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    }
    for (const { path, code } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), `${code}\n`)
    }
    const args = ['lint', '--colors=off', '--max-diagnostics=none', ...files.map(file => file.path)]
    const { stdout, stderr, error } = spawnSync(BIOME, args, { cwd: folder, encoding: 'utf8' })
    if (error !== undefined) throw error
    return byFile(`${stdout}\n${stderr}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Splits Biome's report at its headings, `path:line:column rule ━━━`. */
function byFile(report: string): Map<string, string> {
  const said = new Map<string, string>()
  for (const part of report.split(/^(?=\S+\.ts:\d+:\d+ )/m)) {
    const path = /^(\S+\.ts):\d+/.exec(part)?.[1]
    if (path !== undefined) said.set(path, (said.get(path) ?? '') + part)
  }
  return said
}

describe('lint of the house', () => {
  const bad = BAD.map(([folder, code, message], i) => ({ path: `${folder}/bad-${i}.ts`, code, message }))
  const good = GOOD.map(([folder, code], i) => ({ path: `${folder}/good-${i}.ts`, code }))
  let said: Map<string, string>

  before(() => {
    said = lint([...bad, ...good])
  })

  for (const { path, code, message } of bad) {
    it(`refuses in ${dirname(path)}: ${code}`, () => {
      const report = said.get(path)
      assert.ok(report !== undefined, 'Biome found nothing wrong')
      assert.ok(report.includes(message), `expected "${message}" in:\n${report}`)
    })
  }

  for (const { path, code } of good) {
    it(`passes in ${dirname(path)}: ${code.replaceAll('\n', '; ')}`, () => {
      assert.equal(said.get(path), undefined)
    })
  }
})

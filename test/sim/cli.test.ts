import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Schedule } from '../../sim/faults/schedule.ts'
import { reproduce } from '../../sim/report.ts'

const CLI = new URL('../../sim/cli.ts', import.meta.url).pathname

function sim(...flags: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [CLI, ...flags], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const small = ['--agents', '6', '--seconds', '20', '--seed', '11']

describe('npm run sim', function () {
  this.timeout(60_000)
  const dir = mkdtempSync(join(tmpdir(), 'skein-sim-'))
  after(() => rmSync(dir, { recursive: true }))

  it('says what ran, what was checked and how fast, and that it repeats', async () => {
    const { code, stdout } = await sim(...small, '--check-repeat')
    assert.equal(code, 0, stdout)
    for (const line of [
      'ran      seed 11, 6 agents, 20 s',
      'faults',
      'network',
      'checks',
      'speed',
      'trace',
      'repeat   the same',
    ]) {
      assert.ok(stdout.includes(line), `no '${line}' in\n${stdout}`)
    }
  })

  it('saves a schedule, replays it to the same trace, and traces every input', async () => {
    const schedule = join(dir, 'schedule.json')
    const trace = join(dir, 'trace.jsonl')
    const first = await sim(...small, '--save-schedule', schedule, '--trace', trace)
    const again = await sim(...small, '--schedule', schedule)
    const traceOf = (stdout: string) => /trace +(\w+)/.exec(stdout)?.[1]
    assert.ok(traceOf(first.stdout) !== undefined)
    assert.equal(traceOf(again.stdout), traceOf(first.stdout))
    assert.ok((JSON.parse(readFileSync(schedule, 'utf8')) as Schedule).healAtMs > 0)
    const lines = readFileSync(trace, 'utf8').trim().split('\n')
    assert.ok(lines.length > 200)
    assert.deepEqual(Object.keys(JSON.parse(lines[0] ?? '{}') as object), ['atUs', 'node', 'input', 'digest'])
  })

  it('runs many seeds, a line each', async () => {
    const { code, stdout } = await sim(...small, '--runs', '3')
    assert.equal(code, 0)
    assert.match(stdout, /seed 11 [\s\S]*3 seeds, 0 violated/)
  })

  it('names the faults there are when given another', async () => {
    const { code, stderr } = await sim('--faults', 'gremlins')
    assert.notEqual(code, 0)
    assert.match(stderr, /'gremlins' is no fault; there are: loss, bursts/)
  })

  it('prints how to run it again with no more flags than it takes', () => {
    assert.equal(reproduce({ seed: 7 }), 'npm run sim -- --seed 7')
    const flags = '--seed 7 --agents 10 --faults loss,cuts --density 2'
    assert.equal(
      reproduce({ seed: 7, agents: 10, faults: ['loss', 'cuts'], density: 2 }),
      `npm run sim -- ${flags}`,
    )
  })
})

import assert from 'node:assert/strict'
import { type PlainOptions, runMany } from '../../sim/pool.ts'
import { runSwarm } from '../../sim/run.ts'

const runs: readonly PlainOptions[] = [5, 6, 7, 8, 9].map(seed => ({ seed, agents: 4, seconds: 10 }))

describe('many runs', function () {
  this.timeout(60_000)

  it('do in threads what they do alone, each in its place', async () => {
    const told: number[] = []
    const reports = await runMany(runs, { workers: 2, onReport: report => told.push(report.seed) })
    assert.deepEqual(
      reports.map(report => report.traceHash),
      runs.map(run => runSwarm(run).traceHash),
    )
    assert.deepEqual(told.sort(), [5, 6, 7, 8, 9])
  })

  it('stop when told to', async () => {
    const stop = new AbortController()
    const long = runMany([{ seed: 1, agents: 100, seconds: 600 }], { workers: 1, signal: stop.signal })
    setTimeout(() => stop.abort(), 200)
    await assert.rejects(long)
  })

  it('say when one cannot be run', async () => {
    await assert.rejects(runMany([{ seed: 1, agents: 0 }]), /at least one agent/)
  })
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Fault, FaultKind, Schedule } from '../../sim/faults/schedule.ts'
import type { AirCounters } from '../../sim/net/air.ts'
import { GOOD_LINK } from '../../sim/net/link.ts'
import { runSwarm, type SwarmReport, scheduleOf } from '../../sim/run.ts'
import { Agent } from '../../src/agent/agent.ts'

const CLI = new URL('../../sim/cli.ts', import.meta.url).pathname

async function inOwnProcess(flags: string): Promise<SwarmReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...flags.split(' '), '--json'])
  return JSON.parse(stdout) as SwarmReport
}

/** A run of twelve agents with this kind of fault and no other. */
const with1 = (kind: FaultKind): SwarmReport =>
  runSwarm({ seed: 4, agents: 12, seconds: 150, faults: 'none', always: [kind], density: 10 })

describe('a simulated swarm', function () {
  this.timeout(60_000)

  it('does the same twice, in two processes, with real and with stand-in signatures', async () => {
    for (const seed of [3, 20]) {
      const flags = `--seed ${seed} --agents 30 --seconds 40`
      const [one, two] = await Promise.all([inOwnProcess(flags), inOwnProcess(flags)])
      assert.equal(one.signer, seed === 20 ? 'real' : 'fake')
      assert.equal(one.traceHash, two.traceHash)
      assert.deepEqual({ ...one, wallMs: 0, cpuMs: 0 }, { ...two, wallMs: 0, cpuMs: 0 })
      assert.ok(one.events > 10_000)
    }
  })

  it('does something else with another seed', () => {
    const hashes = [1, 2, 3].map(seed => runSwarm({ seed, agents: 5, seconds: 10, faults: 'none' }).traceHash)
    assert.equal(new Set(hashes).size, 3)
  })

  it('replays a schedule that went through JSON', () => {
    const options = { seed: 6, agents: 20, seconds: 60 }
    const schedule = JSON.parse(JSON.stringify(scheduleOf(options))) as Schedule
    assert.ok(schedule.faults.length > 0)
    assert.equal(runSwarm({ ...options, schedule }).traceHash, runSwarm(options).traceHash)
  })

  it('does the same when it is watched', () => {
    let lines = 0
    const options = { seed: 6, agents: 5, seconds: 20 }
    const watched = runSwarm({ ...options, onInput: () => lines++ })
    assert.equal(watched.traceHash, runSwarm(options).traceHash)
    assert.ok(lines > 500)
  })

  it('hears about thirty others per agent at the default density', () => {
    const { neighborsHeard } = runSwarm({ seed: 1, agents: 200, seconds: 20, faults: 'none' })
    assert.ok(neighborsHeard > 20 && neighborsHeard < 45, `${neighborsHeard}`)
  })

  it('holds all rules without any fault', () => {
    const report = runSwarm({ seed: 2, agents: 20, seconds: 150, faults: 'none' })
    assert.equal(report.violation, null)
    assert.ok((report.convergedAfterS ?? 99) <= 1)
  })
})

describe('each fault truly happens:', function () {
  this.timeout(60_000)

  const onAir: readonly (readonly [FaultKind, keyof AirCounters])[] = [
    ['loss', 'lost'],
    ['bursts', 'lost'],
    ['duplicates', 'duplicated'],
    ['partitions', 'cut'],
    ['cuts', 'cut'],
    ['clogs', 'clogged'],
  ]
  for (const [kind, counter] of onAir) {
    it(kind, () => {
      const report = with1(kind)
      assert.equal(report.violation, null)
      assert.ok(report.air[counter] > 0, `nothing was ${counter}`)
    })
  }

  const onNodes: readonly (readonly [FaultKind, Fault['t']])[] = [
    ['crashes', 'crash'],
    ['deaths', 'death'],
    ['pauses', 'pause'],
    ['clock-steps', 'clock-step'],
    ['disk-slow', 'disk-slow'],
    ['disk-full', 'disk-full'],
    ['disk-holes', 'disk-damage'],
    ['read-errors', 'read-errors'],
  ]
  for (const [kind, fault] of onNodes) {
    it(kind, () => {
      const report = with1(kind)
      assert.equal(report.violation, null)
      assert.ok((report.injected[fault] ?? 0) > 0, `no ${fault}`)
    })
  }

  for (const kind of ['reordering', 'latency', 'clocks'] as const) {
    it(`${kind}, which changes the course of the run`, () => {
      const calm = runSwarm({ seed: 4, agents: 12, seconds: 150, faults: 'none', density: 10 })
      const report = with1(kind)
      assert.equal(report.violation, null)
      assert.notEqual(report.traceHash, calm.traceHash)
    })
  }

  it('a store that fails to open keeps a node down until it opens', () => {
    const faults: Fault[] = [
      { t: 'read-errors', atMs: 9_000, forMs: 20_000, node: 1, chance: 1 },
      { t: 'crash', atMs: 10_000, forMs: 10, node: 1, power: true },
    ]
    const schedule: Schedule = { kinds: [], links: GOOD_LINK, clocks: [], faults, healAtMs: 40_000 }
    const report = runSwarm({ seed: 1, agents: 4, seconds: 60, schedule })
    assert.ok(report.readErrors > 0)
    assert.equal(report.violation, null)
  })
})

describe('power cut at every write', function () {
  this.timeout(60_000)

  it('loses nothing that was said to be durable, whichever write it hits', () => {
    const calm: Schedule = { kinds: [], links: GOOD_LINK, clocks: [], faults: [], healAtMs: 15_000 }
    const options = { seed: 8, agents: 3, seconds: 30, density: 30 }
    const writes = writeTimesUs({ ...options, schedule: calm }).filter(atUs => atUs < 14_000_000)
    assert.ok(writes.length > 10)
    for (const atUs of writes) {
      // Just after the write was asked for, and when its sync may or may not be done.
      for (const laterUs of [1, 1_500]) {
        const crash: Fault = { t: 'crash', atMs: (atUs + laterUs) / 1000, forMs: 500, node: 0, power: true }
        const report = runSwarm({ ...options, schedule: { ...calm, faults: [crash] } })
        assert.equal(report.violation, null)
        assert.equal(report.injected.crash, 1)
        assert.equal(report.checks['nothing-acknowledged-lost'], 3 * 3 + 3)
      }
    }
  })
})

/** When the agent of node 0 asks for its writes, in virtual time. */
function writeTimesUs(options: Parameters<typeof runSwarm>[0]): number[] {
  const times: number[] = []
  let writes = false
  runSwarm({
    ...options,
    makeAgent: (config, ports, recovered) => {
      const agent = new Agent(config, ports, recovered)
      const step = agent.step.bind(agent)
      agent.step = (input, now) => {
        const effects = step(input, now)
        writes = effects.some(effect => effect.t === 'write')
        return effects
      }
      return agent
    },
    // Told right after each step.
    onInput: ({ node, atUs }) => {
      if (writes && node === 0) times.push(atUs)
    },
  })
  return times
}

import assert from 'node:assert/strict'
import { INVARIANTS } from '../../sim/invariants/violation.ts'
import { CONVERGE_WITHIN_S } from '../../sim/options.ts'
import { type PlainOptions, runMany } from '../../sim/pool.ts'
import { reproduce } from '../../sim/report.ts'
import type { SwarmReport } from '../../sim/run.ts'
import { DEFAULT_AGENT_CONFIG } from '../../src/agent/config.ts'

const SEEDS = 50
const AGENTS = 100
const SECONDS = 600

/** Half of the default rate: at the default one, fifty runs take two and a half minutes of both cores. */
const SLOW = { ...DEFAULT_AGENT_CONFIG.position, floorMs: 2_000, validMs: 6_000 }
const AT_DEFAULT_RATES = 5

/**
 * Loss, a partition and crashes in every run, and whatever else its seed draws. The first five report at the default rates, the
 * others half as often. The swarm is thin, five neighbours each, and its flight records are: fifty runs in a crowd of
 * thirty would take three times as long.
 */
const runs: readonly PlainOptions[] = Array.from({ length: SEEDS }, (_, i) => ({
  seed: i + 1,
  agents: AGENTS,
  seconds: SECONDS,
  always: ['loss', 'partitions', 'crashes'],
  density: 1,
  rangeM: 3_000,
  config: { flightRecordMs: 10_000, ...(i < AT_DEFAULT_RATES ? {} : { position: SLOW }) },
}))

describe(`${SEEDS} swarms of ${AGENTS} agents for ${SECONDS / 60} simulated minutes, with loss, partitions and crashes`, function () {
  // Under two minutes on two free cores; no bound for busy ones.
  this.timeout(1_200_000)
  let reports: readonly SwarmReport[] = []

  before(async () => {
    reports = await runMany(runs, { workers: 2 })
  })

  it('break no invariant', () => {
    const failed = reports.filter(report => report.violation !== null)
    const told = failed.map(({ seed, violation }) => `${violation?.message}\n${reproduce(optionsOf(seed))}`)
    assert.deepEqual(told, [])
  })

  it('meet every invariant', () => {
    const met = new Set(reports.flatMap(report => Object.keys(report.checks)))
    // That nothing throws is checked by every event, not counted.
    const expected = Object.keys(INVARIANTS).filter(name => name !== 'no-crash')
    assert.deepEqual([...met].sort(), expected.sort())
  })

  it('were truly troubled: each lost reports, was partitioned and had crashes', () => {
    for (const { seed, air, injected } of reports) {
      assert.ok(air.lost > 100 && air.cut > 100, `seed ${seed}`)
      assert.ok((injected.partition ?? 0) > 0 && (injected.crash ?? 0) > 0, `seed ${seed}`)
    }
  })

  it(`converge within ${CONVERGE_WITHIN_S} s of the heal`, () => {
    for (const { seed, convergedAfterS } of reports) {
      assert.ok(
        convergedAfterS !== null && convergedAfterS <= CONVERGE_WITHIN_S,
        `seed ${seed}: ${convergedAfterS}`,
      )
    }
  })
})

function optionsOf(seed: number): PlainOptions {
  return runs[seed - 1] ?? { seed }
}

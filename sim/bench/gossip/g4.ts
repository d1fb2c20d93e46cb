import { type BenchOptions, type BenchResult, type BenchRow, median } from '../result.ts'
import type { Stack } from './stack.ts'
import { measureSwarm, type SwarmFigures } from './swarm.ts'

interface Setting {
  readonly name: string
  readonly stack: Stack
  readonly nodes: number
}

const STOCK_16: Setting = { name: 'stock, 16 nodes', stack: 'stock', nodes: 16 }
const OURS_16: Setting = { name: 'ours, 16 nodes', stack: 'ours', nodes: 16 }
const OURS_32: Setting = { name: 'ours, 32 nodes', stack: 'ours', nodes: 32 }
const FLUSH_MS = 20

/** G4: how old a neighbour's report is when it arrives: real processes, everyone to everyone at 10 Hz. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const [runs, warmUpMs, measureMs] = options.quick ? [1, 3_000, 3_000] : [3, 10_000, 8_000]
  const found = new Map<Setting, SwarmFigures[]>([STOCK_16, OURS_16, OURS_32].map(one => [one, []]))
  for (let round = 1; round <= runs; round++) {
    for (const [setting, figures] of found) {
      const { stack, nodes } = setting
      const one = await measureSwarm({ stack, nodes, flushMs: FLUSH_MS, warmUpMs, measureMs })
      figures.push(one)
      options.log(
        `run ${round}/${runs}: ${setting.name}: p50 ${one.ageP50Ms.toFixed(1)} ms, p99 ${one.ageP99Ms.toFixed(0)} ms, ${one.cores.toFixed(2)} cores (others ${one.othersCores.toFixed(2)})`,
      )
    }
  }
  const of = (setting: Setting, pick: (figures: SwarmFigures) => number) =>
    median((found.get(setting) ?? []).map(pick))
  const rows = [STOCK_16, OURS_16, OURS_32].flatMap((setting): BenchRow[] => [
    { name: `${setting.name}: age p50`, value: of(setting, one => one.ageP50Ms), unit: 'ms' },
    { name: `${setting.name}: age p99`, value: of(setting, one => one.ageP99Ms), unit: 'ms' },
    { name: `${setting.name}: CPU`, value: of(setting, one => one.cores), unit: 'cores' },
    {
      name: `${setting.name}: CPU of everything else`,
      value: of(setting, one => one.othersCores),
      unit: 'cores',
    },
    { name: `${setting.name}: delivered`, value: 100 * of(setting, one => one.deliveredShare), unit: '%' },
  ])
  const [p50, p99, p99Of32] = [
    of(OURS_16, one => one.ageP50Ms),
    of(OURS_16, one => one.ageP99Ms),
    of(OURS_32, one => one.ageP99Ms),
  ]
  const reached = p50 <= 25 && p99 <= 60 && p99Of32 <= 300
  return {
    goal: 'g4',
    title: 'Age of a neighbour at use: real processes, all-to-all at 10 Hz',
    rows,
    ratio: of(STOCK_16, one => one.ageP99Ms) / p99,
    verdict: `${reached ? 'reached' : 'missed'}: 16 nodes p50 ${p50.toFixed(1)} (25), p99 ${p99.toFixed(0)} (60); 32 nodes p99 ${p99Of32.toFixed(0)} ms (300, aim 150)`,
  }
}

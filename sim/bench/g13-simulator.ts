import { runSwarm } from '../run.ts'
import { type BenchOptions, type BenchResult, type BenchRow, median } from './result.ts'

/** Deliveries per second and core that goal G13 asks for, and how even the cost per agent must be (G14). */
const GOAL_PER_S = 300_000
const GOAL_FLAT = 1.2

/** Sizes, virtual seconds and runs of which the median counts, all at the default density, rates and invariants. */
const SIZES = [
  { agents: 100, seconds: 120, rounds: 3 },
  { agents: 1_000, seconds: 12, rounds: 3 },
  { agents: 10_000, seconds: 3, rounds: 1 },
] as const
/** Nothing is counted before: agents start, greet their peers and fill their worlds. */
const WARM_UP_S = 5

interface Measured {
  readonly deliveriesPerS: number
  readonly agentSecondsPerS: number
  readonly cpuUsPerAgentSecond: number
}

/**
 * What a run of `seconds` costs beyond one of `WARM_UP_S`, in CPU time of this process: the difference leaves out
 * building the swarm, compiling the code and everybody's first greeting.
 */
function measure(agents: number, seconds: number, seed: number): Measured {
  const short = runSwarm({ seed, agents, seconds: WARM_UP_S, faults: 'none', signer: 'fake' })
  const long = runSwarm({ seed, agents, seconds: WARM_UP_S + seconds, faults: 'none', signer: 'fake' })
  const violation = short.violation ?? long.violation
  if (violation !== null) throw new Error(`the simulated swarm broke a rule: ${violation.message}`)
  const cpuS = (long.cpuMs - short.cpuMs) / 1000
  return {
    deliveriesPerS: (long.air.delivered - short.air.delivered) / cpuS,
    agentSecondsPerS: (agents * seconds) / cpuS,
    cpuUsPerAgentSecond: (cpuS * 1e6) / (agents * seconds),
  }
}

/** G13 and G14: how fast the simulator runs the whole agent with every invariant on, and whether size matters. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  measure(50, 20, 99)
  const rows: BenchRow[] = []
  const costs: number[] = []
  let best = 0
  for (const { agents, seconds, rounds } of quick ? SIZES.slice(0, 2) : SIZES) {
    log(`${agents} agents`)
    const runs = Array.from({ length: quick ? 1 : rounds }, (_, i) => measure(agents, seconds, i + 1))
    const of = (pick: (measured: Measured) => number) => median(runs.map(pick))
    const deliveries = of(measured => measured.deliveriesPerS)
    best = Math.max(best, deliveries)
    costs.push(of(measured => measured.cpuUsPerAgentSecond))
    const name = `${agents.toLocaleString('en')} agents`
    rows.push(
      { name: `${name}: deliveries`, value: deliveries, unit: 'per s of one core' },
      {
        name: `${name}: agents x simulated seconds`,
        value: of(m => m.agentSecondsPerS),
        unit: 'per s of one core',
      },
      { name: `${name}: cost`, value: costs.at(-1) ?? 0, unit: 'CPU us per agent and simulated s' },
    )
  }
  const flat = Math.max(...costs) / Math.min(...costs)
  rows.push({ name: 'dearest size against cheapest', value: flat, unit: 'times' })
  return {
    goal: 'g13',
    title: 'Simulator: the whole agent in virtual time, invariants on (G13, G14)',
    rows,
    ratio: best / GOAL_PER_S,
    verdict:
      `G13 ${best >= GOAL_PER_S ? 'reached' : 'missed'}: ${Math.round(best / 1000)} k deliveries/s of ${GOAL_PER_S / 1000} k; ` +
      `G14 ${flat <= GOAL_FLAT ? 'reached' : 'missed'}: cost per agent within ${Math.round((flat - 1) * 100)} % of 20 %.`,
  }
}

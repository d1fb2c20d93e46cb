import { runMany } from '../pool.ts'
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
  readonly deliveriesPerAgentSecond: number
  readonly agentSecondsPerS: number
  readonly cpuUsPerAgentSecond: number
}

/** Deliveries of one run, and its CPU time in seconds: of the whole process, so that collecting garbage counts too. */
async function runOne(agents: number, seconds: number, seed: number) {
  const before = process.cpuUsage()
  // In a thread of the pool, as `npm run sim` does: it has the room for young objects that a simulation wants.
  const [report] = await runMany([{ seed, agents, seconds, faults: 'none', signer: 'fake' }], { workers: 1 })
  const { user, system } = process.cpuUsage(before)
  if (report === undefined) throw new Error('a simulation gave no report')
  if (report.violation !== null)
    throw new Error(`the simulated swarm broke a rule: ${report.violation.message}`)
  return { delivered: report.air.delivered, cpuS: (user + system) / 1e6 }
}

/**
 * What a run of `seconds` costs beyond one of `WARM_UP_S`: the difference leaves out building the swarm, compiling the code
 * and everybody's first greeting.
 */
async function measure(agents: number, seconds: number, seed: number): Promise<Measured> {
  const short = await runOne(agents, WARM_UP_S, seed)
  const long = await runOne(agents, WARM_UP_S + seconds, seed)
  const delivered = long.delivered - short.delivered
  const cpuS = long.cpuS - short.cpuS
  return {
    deliveriesPerS: delivered / cpuS,
    deliveriesPerAgentSecond: delivered / (agents * seconds),
    agentSecondsPerS: (agents * seconds) / cpuS,
    cpuUsPerAgentSecond: (cpuS * 1e6) / (agents * seconds),
  }
}

/** G13 and G14: how fast the simulator runs the whole agent with every invariant on, and whether size matters. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rows: BenchRow[] = []
  const costs: number[] = []
  let best = 0
  for (const { agents, seconds, rounds } of quick ? SIZES.slice(0, 2) : SIZES) {
    log(`${agents} agents`)
    const runs: Measured[] = []
    for (let i = 0; i < (quick ? 1 : rounds); i++) runs.push(await measure(agents, seconds, i + 1))
    const of = (pick: (measured: Measured) => number) => median(runs.map(pick))
    const deliveries = of(measured => measured.deliveriesPerS)
    best = Math.max(best, deliveries)
    costs.push(of(measured => measured.cpuUsPerAgentSecond))
    const name = `${agents.toLocaleString('en')} agents`
    rows.push(
      { name: `${name}: deliveries`, value: deliveries, unit: 'per s of one core' },
      // A small swarm has much border, where an agent hears fewer: the cost per agent is to be read with this.
      {
        name: `${name}: heard by each`,
        value: of(m => m.deliveriesPerAgentSecond),
        unit: 'reports per simulated s',
      },
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

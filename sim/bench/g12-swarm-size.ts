import { join } from 'node:path'
import { z } from 'zod'
import { Lab } from './processes/lab.ts'
import type { BenchOptions, BenchResult, BenchRow } from './result.ts'
import type { ManyNodes } from './swarm-size/many-nodes.ts'
import { measureProcesses, type ProcessSwarm } from './swarm-size/processes.ts'

const REACH = { processes: 32, nodes: 200 }
/** A node whose world model is older than 1.5 s for more of the time than this is not carried any more. */
const STALE_SHARE_MAX = 0.01

/** G12: how large a swarm this machine carries: as processes, and as nodes within one process. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const [sizes, settleMs, measureMs] = quick ? [[2, 4], 2_000, 3_000] : [[8, 16, 32, 48], 15_000, 30_000]
  const swarms: ProcessSwarm[] = []
  for (const size of sizes) {
    const swarm = await measureProcesses(size, settleMs, measureMs)
    swarms.push(swarm)
    log(
      `${size} processes: ready in ${swarm.readySeconds.toFixed(1)} s, age p99 ${swarm.ageP99Ms.toFixed(0)} ms, stale ${(100 * swarm.worstStaleShare).toFixed(1)} %, ${swarm.cores.toFixed(2)} cores, all else ${swarm.othersCores.toFixed(2)}`,
    )
    if (!isCarried(swarm)) break
  }
  const inProcess: { readonly count: number; readonly found: ManyNodes }[] = []
  for (const count of quick ? [5] : [50, 100, 200, 300]) {
    const found = await measureInProcess(count)
    inProcess.push({ count, found })
    log(
      `${count} nodes in one process: meshed in ${(found.meshedMs / 1000).toFixed(1)} s, ${found.rssMb.toFixed(0)} MB`,
    )
    if (found.unmeshed > 0) break
  }
  const processes = Math.max(0, ...swarms.filter(isCarried).map(({ nodes }) => nodes))
  const nodes = Math.max(
    0,
    ...inProcess.filter(({ found }) => found.unmeshed === 0).map(({ count }) => count),
  )
  const reached = processes >= REACH.processes && nodes >= REACH.nodes
  return {
    goal: 'g12',
    title: 'Size of a swarm on this machine',
    rows: [
      ...swarms.flatMap(processRows),
      ...inProcess.flatMap(({ count, found }) => nodeRows(count, found)),
    ],
    verdict: `${reached ? 'reached' : 'missed'}: ${processes} processes (32, aim 48), ${nodes} nodes in one process (200, aim 300)`,
  }
}

/** Everyone is heard by everyone, and nobody's picture is old for more than a hundredth of the time. */
function isCarried({ nodes, worstStaleShare, fewestNeighbours }: ProcessSwarm): boolean {
  return worstStaleShare < STALE_SHARE_MAX && fewestNeighbours >= nodes - 1
}

function processRows(swarm: ProcessSwarm): readonly BenchRow[] {
  const name = `${swarm.nodes} drones and a relay`
  return [
    { name: `${name}: all ready after`, value: swarm.readySeconds, unit: 's' },
    { name: `${name}: age of the world model p50`, value: swarm.ageP50Ms, unit: 'ms' },
    { name: `${name}: age of the world model p99`, value: swarm.ageP99Ms, unit: 'ms' },
    {
      name: `${name}: older than 1.5 s, worst node`,
      value: 100 * swarm.worstStaleShare,
      unit: '% of the time',
    },
    { name: `${name}: neighbours known, fewest`, value: swarm.fewestNeighbours, unit: '' },
    { name: `${name}: CPU`, value: swarm.cores, unit: 'cores' },
    { name: `${name}: CPU of all else on this machine`, value: swarm.othersCores, unit: 'cores' },
    { name: `${name}: memory`, value: swarm.pssMb, unit: 'MB PSS' },
  ]
}

function nodeRows(count: number, found: ManyNodes): readonly BenchRow[] {
  const name = `${count} nodes in one process`
  return [
    { name: `${name}: all up after`, value: found.createdMs / 1000, unit: 's' },
    { name: `${name}: everyone meshed after`, value: found.meshedMs / 1000, unit: 's' },
    { name: `${name}: without a mesh`, value: found.unmeshed, unit: '' },
    { name: `${name}: memory each`, value: (found.rssMb - found.rssBareMb) / count, unit: 'MB RSS' },
    { name: `${name}: CPU each until then`, value: found.cpuMs / count, unit: 'ms' },
    { name: `${name}: CPU each once up`, value: (100 * found.steadyCores) / count, unit: '% of a core' },
  ]
}

const foundSchema: z.ZodType<ManyNodes> = z.object({
  createdMs: z.number(),
  meshedMs: z.number(),
  unmeshed: z.number(),
  cpuMs: z.number(),
  steadyCores: z.number(),
  rssMb: z.number(),
  rssBareMb: z.number(),
})

async function measureInProcess(count: number): Promise<ManyNodes> {
  await using lab = await Lab.open()
  const worker = join(import.meta.dirname, 'swarm-size/many-nodes.ts')
  const { said } = await lab.start([worker, String(count), lab.dir], /^found (.*)$/m)
  return foundSchema.parse(JSON.parse(said[0] ?? ''))
}

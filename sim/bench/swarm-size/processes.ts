import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from '../processes/lab.ts'
import { gridM, spotAt } from '../processes/place.ts'
import { busyMs, cpuMsOf, memoryOf } from '../processes/proc.ts'
import { bootstrapAt, reach, ready, type SkeinProcess, startSkein } from '../processes/skein.ts'
import { percentile } from '../result.ts'
import { staleness } from './staleness.ts'

export interface ProcessSwarm {
  readonly nodes: number
  /** From the first start until every node says it is ready. */
  readonly readySeconds: number
  /** Share of the time in which a node's world model was older than 1.5 s: of the worst node. */
  readonly worstStaleShare: number
  /** The oldest report that each node relied on, looked at every few seconds: over all nodes and looks. */
  readonly ageP50Ms: number
  readonly ageP99Ms: number
  /** Neighbours that the node which knows fewest believes to be at a point. */
  readonly fewestNeighbours: number
  readonly cores: number
  /** What everything else on this machine used meanwhile: with much of it, ages say little about the swarm. */
  readonly othersCores: number
  /** Of all nodes together, shared pages counted once. */
  readonly pssMb: number
}

/** Starting all at once would only measure how a machine thrashes. */
const STARTED_AT_ONCE = 4
const SPACING_M = 100
/** Looking costs the nodes CPU too; how long they were out of date they count themselves, all the time. */
const LOOK_EVERY_MS = 3_000
/**
 * Neighbours fly at different heights, and slowly, so that nobody comes near anybody: the reports are those of a swarm
 * that flies as it should, one a second and one at each turn.
 */
const LAYER_M = 60
const CRUISE_MPS = 4
const LEG_M = 30

/** A relay and `drones` nodes, every one a process with a simulated vehicle, all within hearing of each other. */
export async function measureProcesses(
  drones: number,
  settleMs: number,
  measureMs: number,
): Promise<ProcessSwarm> {
  await using lab = await Lab.open()
  const startedMs = performance.now()
  const relay = await startSkein(lab, { command: 'relay', name: 'relay' })
  const { listen } = await reach(relay.client)
  const nodes: SkeinProcess[] = []
  while (nodes.length < drones) {
    const count = Math.min(STARTED_AT_ONCE, drones - nodes.length)
    const indices = Array.from({ length: count }, (_, i) => nodes.length + i)
    nodes.push(...(await Promise.all(indices.map(index => startDrone(lab, index, drones, listen)))))
  }
  await Promise.all(nodes.map(({ client }) => ready(client)))
  const readySeconds = (performance.now() - startedMs) / 1000
  await sleep(settleMs)
  const watched = await watch(nodes, [...nodes, relay], measureMs)
  const memory = await Promise.all([...nodes, relay].map(({ pid }) => memoryOf(pid)))
  const neighbours = await Promise.all(
    nodes.map(
      async ({ client }) => (await client.neighbors()).filter(({ belief }) => belief === 'point').length,
    ),
  )
  return {
    nodes: drones,
    readySeconds,
    ...watched,
    fewestNeighbours: Math.min(...neighbours),
    pssMb: memory.reduce((sum, { pssMb }) => sum + pssMb, 0),
  }
}

function startDrone(
  lab: Lab,
  index: number,
  count: number,
  bootstrap: readonly string[],
): Promise<SkeinProcess> {
  const [eastM, northM] = gridM(index, count, SPACING_M)
  const side = Math.ceil(Math.sqrt(count))
  const upM = LAYER_M * ((index % side) % 2) + 2 * LAYER_M * (Math.floor(index / side) % 2)
  const ends = [spotAt(eastM, northM, upM), spotAt(eastM + LEG_M, northM, upM)]
  return startSkein(lab, {
    command: 'run',
    name: `drone-${index + 1}`,
    set: [
      'vehicle.kind=simulated',
      `vehicle.route=${JSON.stringify(ends)}`,
      `vehicle.cruiseMps=${CRUISE_MPS}`,
      bootstrapAt(bootstrap),
    ],
  })
}

async function watch(
  nodes: readonly SkeinProcess[],
  all: readonly SkeinProcess[],
  measureMs: number,
): Promise<Pick<ProcessSwarm, 'worstStaleShare' | 'ageP50Ms' | 'ageP99Ms' | 'cores' | 'othersCores'>> {
  const stale = () => Promise.all(nodes.map(async ({ client }) => staleness(await client.metrics())))
  const cpu = async () =>
    (await Promise.all(all.map(({ pid }) => cpuMsOf(pid)))).reduce((sum, ms) => sum + ms, 0)
  const before = await stale()
  const cpuBefore = await cpu()
  const busyBefore = await busyMs()
  const startedMs = performance.now()
  const ages: number[] = []
  while (performance.now() - startedMs < measureMs) {
    await sleep(LOOK_EVERY_MS)
    const seen = await Promise.all(nodes.map(async ({ client }) => (await client.status()).worldModelAgeMs))
    ages.push(...seen.map(ageMs => ageMs ?? Number.POSITIVE_INFINITY))
  }
  const wallMs = performance.now() - startedMs
  const cores = ((await cpu()) - cpuBefore) / wallMs
  const busyCores = ((await busyMs()) - busyBefore) / wallMs
  const after = await stale()
  const shares = after.map((seconds, i) => ((seconds - (before[i] ?? 0)) * 1000) / wallMs)
  return {
    worstStaleShare: Math.max(...shares),
    ageP50Ms: percentile(ages, 0.5),
    ageP99Ms: percentile(ages, 0.99),
    cores,
    othersCores: Math.max(0, busyCores - cores),
  }
}

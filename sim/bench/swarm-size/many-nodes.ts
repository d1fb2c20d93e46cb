/*
 * As many whole nodes as asked for in this one process: disk, API and all. The library is what is measured, so it is
 * imported as its users do. Arguments: number of nodes, directory.
 */
import { join } from 'node:path'
import { createLogger, createNode, loadConfig, type RunningNode } from '../../../node/index.ts'
import { gridM, spotAt } from '../processes/place.ts'

const CREATED_AT_ONCE = 8
const BOOTSTRAPS = 3
const CONNECTIONS = 6
/** A handful of neighbours each in the cells that a node listens to: what costs grows with them, and here it is the nodes that count. */
const SPACING_M = 1_000
const MESHED_WITHIN_MS = 120_000
const STEADY_MS = 10_000

/** What the parent is told, as one line of JSON. */
export interface ManyNodes {
  readonly createdMs: number
  readonly meshedMs: number
  readonly unmeshed: number
  readonly cpuMs: number
  /** Share of one core that all of them take together once they are up; near 1 the one thread is full. */
  readonly steadyCores: number
  readonly rssMb: number
  readonly rssBareMb: number
}

const [count = 50, dir = ''] = [Number(process.argv[2]), process.argv[3]]

function startOne(index: number, bootstrap: readonly string[]): Promise<RunningNode> {
  const [eastM, northM] = gridM(index, count, SPACING_M)
  const { config } = loadConfig({
    profile: 'sim',
    flags: {
      name: `node-${index}`,
      dataDir: join(dir, String(index)),
      bootstrap,
      vehicle: { kind: 'fixed', start: spotAt(eastM, northM, 0) },
      relay: { client: false },
      connections: { target: CONNECTIONS },
      eventLog: { reserveMiB: 0 },
    },
  })
  const log = createLogger({ level: 'error', format: 'json', name: config.name })
  return createNode(config, { log })
}

function cpuSinceMs(before?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const rssMb = () => process.memoryUsage.rss() / 1e6

/** Nodes without anyone in the mesh of any of their topics. */
const unmeshed = (): number => nodes.filter(node => !node.peers().some(({ mesh }) => mesh)).length

const rssBareMb = rssMb()
const startedMs = performance.now()
const sinceStart = () => performance.now() - startedMs
const nodes: RunningNode[] = []
while (nodes.length < count) {
  const bootstrap = nodes.slice(0, BOOTSTRAPS).flatMap(node => node.status().listen)
  const batch = nodes.length === 0 ? 1 : Math.min(CREATED_AT_ONCE, count - nodes.length)
  const first = nodes.length
  nodes.push(...(await Promise.all(Array.from({ length: batch }, (_, i) => startOne(first + i, bootstrap)))))
}
const createdMs = sinceStart()
while (unmeshed() > 0 && sinceStart() < createdMs + MESHED_WITHIN_MS)
  await new Promise(resolve => setTimeout(resolve, 200))
const meshedMs = sinceStart()
const cpuMs = cpuSinceMs()
const upCpu = process.cpuUsage()
await new Promise(resolve => setTimeout(resolve, STEADY_MS))
const found: ManyNodes = {
  createdMs,
  meshedMs,
  unmeshed: unmeshed(),
  cpuMs,
  steadyCores: cpuSinceMs(upCpu) / (sinceStart() - meshedMs),
  rssMb: rssMb(),
  rssBareMb,
}
console.log(`found ${JSON.stringify(found)}`)

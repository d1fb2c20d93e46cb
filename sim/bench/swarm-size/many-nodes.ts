/*
 * As many whole nodes as asked for in this one process: disk, API and all. The library is what is measured, so it is
 * imported as its users do. Arguments: number of nodes, directory.
 */
import { join } from 'node:path'
import { createLogger, createNode, loadConfig, type RunningNode } from '../../../node/index.ts'
import { gridM, spotAt } from '../processes/place.ts'

const CREATED_AT_ONCE = 8
const BOOTSTRAPS = 3
/** A dozen neighbours each in the cells that a node listens to, as over a city. */
const SPACING_M = 600
const MESHED_WITHIN_MS = 120_000

/** What the parent is told, as one line of JSON. */
export interface ManyNodes {
  readonly createdMs: number
  readonly meshedMs: number
  readonly unmeshed: number
  readonly cpuMs: number
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
      eventLog: { reserveMiB: 0 },
    },
  })
  const log = createLogger({ level: 'error', format: 'json', name: config.name })
  return createNode(config, { log })
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
const { user, system } = process.cpuUsage()
const found: ManyNodes = {
  createdMs,
  meshedMs: sinceStart(),
  unmeshed: unmeshed(),
  cpuMs: (user + system) / 1000,
  rssMb: rssMb(),
  rssBareMb,
}
console.log(`found ${JSON.stringify(found)}`)

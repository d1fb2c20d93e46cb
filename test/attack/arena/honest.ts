/*
 * The process of one honest node: `createNode` as `skein run` calls it, and around it what is measured. It ends when
 * its parent does.
 */
import '../../../node/cli/small-heap.js'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { loadConfig } from '../../../node/config/load.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode, type RunningNode } from '../../../node/node.ts'
import type { AgentId } from '../../../src/ports.ts'
import { World } from '../../../src/position/world.ts'
import type { Count, FromHonest, ToHonest } from './messages.ts'

/** A stall shorter than this is not told from a timer that is late. */
const RESOLUTION_MS = 10
const RSS_EVERY_MS = 50

const tell = (message: FromHonest): void => void process.send?.(message)
const stalls = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
let node: RunningNode | null = null
let window = openWindow()

interface Window {
  readonly openedMs: number
  readonly cpu: NodeJS.CpuUsage
  readonly rssBefore: number
  rssMax: number
  closed: boolean
  readonly published: number[]
  readonly heard: Map<AgentId, number[]>
}

function openWindow(): Window {
  const rssBefore = process.memoryUsage.rss()
  stalls.reset()
  return {
    openedMs: performance.now(),
    cpu: process.cpuUsage(),
    rssBefore,
    rssMax: rssBefore,
    closed: false,
    published: [],
    heard: new Map(),
  }
}

// Whatever an agent believes goes through here, its own reports too.
const { hear } = World.prototype
World.prototype.hear = function (heard) {
  const isNews = hear.call(this, heard)
  if (isNews) note(heard.signed.position)
  return isNews
}

function note({ agent, seq }: { readonly agent: AgentId; readonly seq: number }): void {
  if (agent !== node?.agent) {
    const seqs = window.heard.get(agent)
    if (seqs === undefined) window.heard.set(agent, [seq])
    else seqs.push(seq)
  } else if (!window.closed) window.published.push(seq)
}

async function count(running: RunningNode): Promise<Count> {
  const { user, system } = process.cpuUsage(window.cpu)
  const now = process.memoryUsage.rss()
  return {
    published: window.published,
    heard: window.heard,
    rssBytes: { before: window.rssBefore, max: Math.max(window.rssMax, now), now },
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - window.openedMs,
    stallMs: Math.round(stalls.max / 1e6),
    peers: running
      .peers()
      .filter(({ state }) => state === 'connected')
      .map(({ agent }) => agent),
    metrics: await running.metrics(),
  }
}

async function start(flags: (ToHonest & { t: 'start' })['flags']): Promise<FromHonest> {
  const { config } = loadConfig({ flags })
  const log = createLogger({ ...config.log, name: config.name })
  node = await createNode(config, { log, onFatal: () => process.exit(70) })
  stalls.enable()
  setInterval(() => {
    window.rssMax = Math.max(window.rssMax, process.memoryUsage.rss())
  }, RSS_EVERY_MS)
  const { listen, agent } = node.status()
  return { t: 'up', agent, listen: listen[0] ?? '' }
}

async function handle(message: ToHonest): Promise<FromHonest> {
  if (message.t === 'start') return await start(message.flags)
  if (node === null) throw new Error('no node was started')
  if (message.t === 'count') return { t: 'count', count: await count(node) }
  if (message.t === 'begin') window = openWindow()
  else if (message.t === 'close') window.closed = true
  else node.revoke(message.list)
  return { t: 'done' }
}

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToHonest) => {
  handle(message).then(tell, (error: Error) => tell({ t: 'failed', reason: error.stack ?? error.message }))
})

/*
 * One process of the demo: a real node, told by its parent what to be and whom not to talk to. It ends when its
 * parent does, however that ends.
 */
import '../cli/small-heap.js'
import module from 'node:module'
import { loadConfig } from '../config/load.ts'
import { createLogger } from '../log.ts'
import type { RunningNode } from '../node.ts'
import type { FromMember, ToMember } from './messages.ts'
import baseMap from './zurich-base.json' with { type: 'json' }

const STATUS_INTERVAL_MS = 1_000

// As in the executable; a process that it forks does not inherit this.
module.enableCompileCache?.()

const tell = (message: FromMember): void => void process.send?.(message)

let node: RunningNode | null = null

process.on('message', (message: ToMember) => {
  handle(message).catch((error: Error) => {
    tell({ t: 'failed', reason: error.message })
    process.exit(1)
  })
})
process.on('disconnect', () => void stop())
// Ctrl-C reaches the whole process group; the parent tells each member when to go.
process.on('SIGINT', () => {})

async function handle(message: ToMember): Promise<void> {
  if (message.t === 'start') return await start(message)
  if (message.t === 'stop') return await stop()
  await node?.block(message.agents)
}

async function start({ config: flags, delivery }: Extract<ToMember, { t: 'start' }>): Promise<void> {
  const { config } = loadConfig({ profile: 'demo', flags })
  const log = createLogger({ ...config.log, name: config.name })
  const { createNode } = await import('../node.ts')
  node = await createNode(config, {
    log,
    baseMap: Buffer.from(JSON.stringify(baseMap)),
    onFatal: () => process.exit(70),
    ...(delivery === null ? {} : { vehicle: await deliveryVehicle(delivery) }),
  })
  // The first member up has compiled it all: those that start next need not.
  module.flushCompileCache?.()
  tell({ t: 'ready', status: node.status() })
  setInterval(() => node !== null && report(node), STATUS_INTERVAL_MS)
}

async function deliveryVehicle({
  index,
  startAfterS,
}: {
  readonly index: number
  readonly startAfterS: number
}) {
  const [{ SimulatedVehicle }, { ZURICH_DELIVERIES }, { systemRandom }] = await Promise.all([
    import('../vehicles/simulated.ts'),
    import('../vehicles/zurich-routes.ts'),
    import('../runtime/random.ts'),
  ])
  const plan = ZURICH_DELIVERIES[index % ZURICH_DELIVERIES.length]
  if (plan === undefined) throw new Error('there is no delivery to fly')
  return new SimulatedVehicle({ plan, random: systemRandom(), startAfterS })
}

function report(from: RunningNode): void {
  const beliefs = from.neighbors().map(({ belief }) => belief)
  const points = beliefs.filter(belief => belief === 'point').length
  tell({ t: 'status', status: from.status(), points, volumes: beliefs.length - points })
}

async function stop(): Promise<void> {
  await node?.stop()
  process.exit(0)
}

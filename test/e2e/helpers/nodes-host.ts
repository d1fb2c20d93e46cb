/*
 * A process that runs several nodes, told by its parent which ones and whom to cut off from whom. It ends when its
 * parent does, however that ends.
 */
import { loadConfig } from '../../../node/config/load.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode, type RunningNode } from '../../../node/node.ts'
import type { FromHost, ToHost } from './nodes-messages.ts'

const tell = (message: FromHost): void => void process.send?.(message)
const nodes: RunningNode[] = []

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToHost) => {
  handle(message).catch((error: Error) => {
    tell({ t: 'failed', reason: error.message })
    process.exit(1)
  })
})

async function handle(message: ToHost): Promise<void> {
  if (message.t === 'block') {
    await Promise.all(nodes.map((node, i) => node.block(message.blocked[i] ?? [])))
    return tell({ t: 'done' })
  }
  for (const flags of message.nodes) {
    const { config } = loadConfig({ flags })
    const log = createLogger({ ...config.log, level: 'warn', name: config.name })
    nodes.push(await createNode(config, { log, onFatal: () => process.exit(70) }))
  }
  tell({
    t: 'ready',
    nodes: nodes.map(node => {
      const { agent, name, api, listen } = node.status()
      return { agent, name, api, listen }
    }),
  })
}

/**
 * Skein as a library: a node in your own process, and the pure functions that need none.
 *
 * ```ts
 * import { createLogger, createNode, loadConfig } from 'skein'
 *
 * const listen = ['/ip4/0.0.0.0/tcp/0']
 * const { config } = loadConfig({ flags: { vehicle: 'http', dataDir: './my-drone', listen } })
 * const node = await createNode(config, { log: createLogger({ level: 'info', format: 'auto', name: 'me' }) })
 * node.onEvent(({ event }) => console.log(event.type))
 * setInterval(() => console.log(node.neighbors()), 1000)
 * ```
 */

export { type LogVerdict, verifyLog } from '../protocols/identity/verify-log.ts'
export { decodeMavlink, readTlog } from '../protocols/mavlink/index.ts'
export { loadConfig } from './config/load.ts'
export type * from './interface.ts'
export { createLogger } from './log.ts'
export { createNode, type NodeOptions, type RunningNode } from './node.ts'
export type { VehicleLink } from './vehicles/interface.ts'

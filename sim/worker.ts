import { parentPort } from 'node:worker_threads'
import type { SwarmOptions } from './options.ts'
import { runSwarm } from './run.ts'

// One run per message: a simulation owns its thread, so no two of them share anything.
parentPort?.on('message', (options: SwarmOptions) => {
  parentPort?.postMessage(runSwarm(options))
})

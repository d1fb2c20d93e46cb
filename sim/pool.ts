import { Worker } from 'node:worker_threads'
import type { SwarmOptions } from './options.ts'
import type { SwarmReport } from './run.ts'

/** Options that can be handed to another thread. */
export type PlainOptions = Omit<SwarmOptions, 'makeAgent' | 'onInput'>

export interface PoolOptions {
  /** Threads. @default 2 */
  readonly workers?: number
  readonly signal?: AbortSignal
  /** Called as each run ends, in the order in which they end. */
  readonly onReport?: (report: SwarmReport) => void
}

// The built package has .js files only, a clone has .ts files only.
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/** Deliveries make short-lived objects by the million: with room for them, collecting costs a third. */
const YOUNG_MB = 64

/** Runs many simulations on a few threads; reports come back in the order of `runs`. */
export async function runMany(
  runs: readonly PlainOptions[],
  options: PoolOptions = {},
): Promise<readonly SwarmReport[]> {
  const { workers = 2, signal, onReport } = options
  const reports: SwarmReport[] = []
  let next = 0
  const work = async (): Promise<void> => {
    const worker = new Worker(WORKER, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    const stop = () => void worker.terminate()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      for (let index = next++; index < runs.length && signal?.aborted !== true; index = next++) {
        const report = await runOne(worker, runs[index] as PlainOptions)
        reports[index] = report
        onReport?.(report)
      }
    } finally {
      signal?.removeEventListener('abort', stop)
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, runs.length) }, work))
  signal?.throwIfAborted()
  return reports
}

function runOne(worker: Worker, options: PlainOptions): Promise<SwarmReport> {
  const { promise, resolve, reject } = Promise.withResolvers<SwarmReport>()
  const stopped = () => reject(new Error('a simulation was stopped before its end'))
  worker.once('message', resolve).once('error', reject).once('exit', stopped)
  worker.postMessage(options)
  return promise.finally(() => worker.off('message', resolve).off('error', reject).off('exit', stopped))
}

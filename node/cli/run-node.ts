import { setTimeout as sleep } from 'node:timers/promises'
import { checkChosenPorts, isChosen } from '../config/free-port.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { SkeinNode } from '../interface.ts'
import { createLogger, flushed } from '../log.ts'
import type { NodeOptions } from '../node.ts'
import { EXIT } from './exit-codes.ts'
import { hint, listOf, print } from './output.ts'

/** How long leaving may take; then the process goes all the same. */
const STOP_MS = 10_000

export interface RunFlags {
  /** Copy a damaged store aside and repair it as far as it goes. */
  readonly repair?: boolean
}

/**
 * Runs a node until SIGINT or SIGTERM. The first one lets it say goodbye and flush its log; a second one, or
 * ten seconds, end the process at once with 1.
 */
export async function runNode(loaded: LoadedConfig, { repair = false }: RunFlags = {}): Promise<void> {
  const signal = firstSignal()
  try {
    await checkChosenPorts(loaded, signal)
    const { config } = loaded
    const log = createLogger({ ...config.log, name: config.name })
    const strictApiPort = isChosen(loaded, 'api.port')
    // A port that nobody chose moves up to the next free one, so that a second node on a machine simply starts.
    const moveListenPorts = !isChosen(loaded, 'listen')
    await live(config, { log, signal, repair, strictApiPort, moveListenPorts }).finally(() => flushed(log))
  } catch (error) {
    // Told to stop while it was starting: that is no failure.
    if (!signal.aborted) throw error
  }
}

async function live(config: Config, options: NodeOptions & { readonly signal: AbortSignal }): Promise<void> {
  const { createNode } = await import('../node.ts')
  const failed = Promise.withResolvers<never>()
  const node = await createNode(config, {
    ...options,
    onFatal: failed.reject,
  })
  print(banner(node))
  hint('Ctrl-C stops it.')
  await Promise.race([aborted(options.signal), failed.promise]).finally(() => stopInTime(node))
}

/** Six lines: who it is, where it is reached, and what to run next. */
function banner(node: SkeinNode): string {
  const { agent, api, dataDir, listen, name, role, swarm, vehicle, version } = node.status()
  const at = api.endsWith(':4780') ? '' : ` --api ${URL.parse(api)?.port || api}`
  return listOf([
    [`skein ${version}`, `${name}, ${role} of swarm ${swarm}, vehicle ${vehicle.kind}`],
    ['agent', agent],
    ['listen', listen.map(address => address.replace(`/p2p/${agent}`, '')).join('  ')],
    ['api', `${api} (live map, /metrics, /api/openapi.json)`],
    ['data', dataDir],
    ['next', `skein status${at} · skein peers --watch${at} · skein log tail${at}`],
  ])
}

function firstSignal(): AbortSignal {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.failure)
    process.stderr.write('stopping; once more to stop at once\n')
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return controller.signal
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function stopInTime(node: SkeinNode): Promise<void> {
  const late = sleep(STOP_MS, 'late', { ref: false })
  if ((await Promise.race([node.stop(), late])) === 'late') end(`it did not stop within ${STOP_MS / 1000} s`)
}

function end(why: string): never {
  process.stderr.write(`error: ${why}; ending it\n`)
  process.exit(EXIT.failure)
}

import { createServer } from 'node:net'
import type { LoadedConfig } from './load.ts'
import type { Config } from './schema.ts'

/** How many ports after the usual one are tried: as many nodes as one machine carries. */
const TRIES = 100

/**
 * The configuration with ports that are free: a port that nobody chose (default or profile) moves up to
 * the next free one, so that a second node on a machine simply starts. A chosen one stays, and fails loudly.
 */
export async function withFreePorts({ config, origins }: LoadedConfig, signal: AbortSignal): Promise<Config> {
  const isChosen = (path: string) => ['file', 'env', 'flag'].includes(origins.get(path)?.at(-1)?.layer ?? '')
  const { api } = config
  const port = isChosen('api.port') ? api.port : await freePort(api.host, api.port, signal)
  const listen = isChosen('listen')
    ? config.listen
    : await Promise.all(config.listen.map(address => freeAddress(address, signal)))
  return { ...config, listen, api: { ...api, port } }
}

async function freeAddress(address: string, signal: AbortSignal): Promise<string> {
  const match = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)$/.exec(address)
  if (match === null) return address
  const [, host = '', port = ''] = match
  return address.replace(/\d+$/, String(await freePort(host, Number(port), signal)))
}

/** The first free port from `first` on; `first` itself when none is, so that binding it says why. */
async function freePort(host: string, first: number, signal: AbortSignal): Promise<number> {
  if (first === 0) return 0
  for (let port = first; port < first + TRIES && port <= 65_535; port++) {
    signal.throwIfAborted()
    if (await isFree(host, port)) return port
  }
  return first
}

/** Whether `port` can be bound on `host` now. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

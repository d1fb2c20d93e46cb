import { createServer } from 'node:net'
import type { LoadedConfig } from './load.ts'
import type { Config } from './schema.ts'

/** How many ports after the usual one are tried: as many nodes as one machine carries. */
const TRIES = 100

/** A port that somebody chose can't be had. */
class PortTakenError extends Error {
  override readonly name = 'PortTakenError'
  readonly code = 'port-taken'
  /** The key of the configuration. */
  readonly path: string

  constructor(path: string, where: string, place: Place) {
    const what = `${place.host} port ${place.port} is taken, or not an address of this machine`
    super(`${where}: ${path}: ${what}. Stop what uses it, or choose another (0 = any free one)`)
    this.path = path
  }
}

interface Place {
  readonly host: string
  readonly port: number
}

/** Whether a person chose this value, in a file, the environment or a flag. */
export function isChosen({ origins }: Pick<LoadedConfig, 'origins'>, path: string): boolean {
  const layer = origins.get(path)?.at(-1)?.layer
  return layer !== undefined && layer !== 'default' && layer !== 'profile'
}

/**
 * The configuration with ports that are free: one that nobody chose moves up to the next free one, so that a second
 * node on a machine simply starts. One that somebody chose is not moved.
 * @throws PortTakenError
 */
export async function withFreePorts(loaded: LoadedConfig, signal: AbortSignal): Promise<Config> {
  const { config } = loaded
  const settle = async (path: string, place: Place): Promise<number> => {
    signal.throwIfAborted()
    if (!isChosen(loaded, path)) return nextFree(place, signal)
    if (await isFree(place)) return place.port
    throw new PortTakenError(path, loaded.origins.get(path)?.at(-1)?.where ?? '', place)
  }
  const port = await settle('api.port', config.api)
  const listen: string[] = []
  for (const address of config.listen) {
    const place = placeOf(address)
    listen.push(place === null ? address : address.replace(/\d+$/, String(await settle('listen', place))))
  }
  return { ...config, listen, api: { ...config.api, port } }
}

/** The first free port from this one on; this one itself when none is, so that binding it says why. */
async function nextFree({ host, port: first }: Place, signal: AbortSignal): Promise<number> {
  for (let port = first; port < first + TRIES && port <= 65_535; port++) {
    signal.throwIfAborted()
    if (await isFree({ host, port })) return port
  }
  return first
}

/** Where a multiaddr of plain TCP binds; null for any other. */
export function placeOf(address: string): Place | null {
  const [, host, port] = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)$/.exec(address) ?? []
  return host === undefined ? null : { host, port: Number(port) }
}

/** Whether a port can be bound now. Port 0 always can. */
export function isFree({ host, port }: Place): Promise<boolean> {
  if (port === 0) return Promise.resolve(true)
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

import { createServer } from 'node:net'
import type { LoadedConfig } from './load.ts'

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
 * Says of a port that somebody chose that it is taken, before anything is opened, and where it was chosen.
 * @throws PortTakenError
 */
export async function checkChosenPorts(loaded: LoadedConfig, signal: AbortSignal): Promise<void> {
  const { api, listen } = loaded.config
  const places = [
    ...(api.socket === null ? [{ path: 'api.port', place: api }] : []),
    ...listen.map(address => ({ path: 'listen', place: placeOf(address) })),
  ]
  for (const { path, place } of places) {
    signal.throwIfAborted()
    if (place === null || !isChosen(loaded, path) || (await isFree(place))) continue
    throw new PortTakenError(path, loaded.origins.get(path)?.at(-1)?.where ?? '', place)
  }
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

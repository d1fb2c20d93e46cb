import { createSocket } from 'node:dgram'
import { isFree } from '../../config/free-port.ts'
import type { LoadedConfig } from '../../config/index.ts'
import { type Finding, fail, ok, reasonOf, warn } from './check.ts'

const MDNS_GROUP = '224.0.0.251'
const MDNS_PORT = 5353

/** Whether the ports that were chosen are free, or held by the node itself. One that nobody chose moves by itself. */
export async function checkPorts(
  { config, origins }: LoadedConfig,
  isRunning: boolean,
): Promise<readonly Finding[]> {
  const places = [
    { path: 'api.port', host: config.api.host, port: config.api.port },
    ...config.listen.flatMap(address => {
      const [, host, port] = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)$/.exec(address) ?? []
      return host === undefined ? [] : [{ path: 'listen', host, port: Number(port) }]
    }),
  ]
  return Promise.all(
    places.map(async ({ path, host, port }) => {
      const name = `port ${port}`
      if (port === 0) return ok(name, `${path}: any free one`)
      if (await isFree(host, port)) return ok(name, `${path}: free on ${host}`)
      if (isRunning) return ok(name, `${path}: taken, while a node runs here`)
      const layer = origins.get(path)?.at(-1)?.layer
      if (layer === 'default' || layer === 'profile')
        return ok(name, `${path}: taken, the next free one is used`)
      const detail = `${path}: ${host}:${port} is taken or not an address of this machine`
      return fail(name, detail, `stop what uses it, or set another ${path}`)
    }),
  )
}

/** Whether a multicast socket can be opened, without which peers on the local network are not found. */
export async function checkMdns(isWanted: boolean): Promise<Finding> {
  if (!isWanted) return ok('mdns', 'off')
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(MDNS_PORT, () => resolve())
    })
    socket.addMembership(MDNS_GROUP)
    return ok('mdns', 'multicast works')
  } catch (error) {
    const detail = `no multicast on port ${MDNS_PORT} (${reasonOf(error)})`
    return warn('mdns', detail, 'use --bootstrap to find peers, and --no-mdns')
  } finally {
    socket.close()
  }
}

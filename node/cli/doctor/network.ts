import { createSocket } from 'node:dgram'
import { isChosen, isFree, placeOf } from '../../config/free-port.ts'
import type { LoadedConfig } from '../../config/index.ts'
import { hasMulticastRoute, MDNS_GROUP, MDNS_PORT, MULTICAST_REMEDY } from '../../host/multicast.ts'
import { type Finding, fail, ok, reasonOf, warn } from './check.ts'

/** Whether the ports that were chosen are free, or held by the node itself. One that nobody chose moves by itself. */
export async function checkPorts(loaded: LoadedConfig, isRunning: boolean): Promise<readonly Finding[]> {
  const { api, listen } = loaded.config
  const places = [
    ...(api.socket === null ? [{ path: 'api.port', host: api.host, port: api.port }] : []),
    ...listen.flatMap(address => ({ path: 'listen', ...(placeOf(address) ?? { host: '', port: 0 }) })),
  ]
  return Promise.all(
    places.map(async ({ path, ...place }) => {
      const name = `port ${place.port}`
      if (place.port === 0) return ok(name, `${path}: any free one`)
      if (await isFree(place)) return ok(name, `${path}: free on ${place.host}`)
      if (isRunning) return ok(name, `${path}: taken, while a node runs here`)
      if (!isChosen(loaded, path)) return ok(name, `${path}: taken, the next free one is used`)
      const detail = `${path}: taken, or ${place.host} is not an address of this machine`
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
    if (!(await hasMulticastRoute())) return warn('mdns', 'no route for multicast', MULTICAST_REMEDY)
    return ok('mdns', 'multicast works')
  } catch (error) {
    const detail = `no multicast on port ${MDNS_PORT} (${reasonOf(error)})`
    return warn('mdns', detail, 'use --bootstrap to find peers, and --no-mdns')
  } finally {
    socket.close()
  }
}

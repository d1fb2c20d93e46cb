import { createSocket } from 'node:dgram'

export const MDNS_GROUP = '224.0.0.251'
export const MDNS_PORT = 5353
/** What to do on a network without a router, as radios of drones make one. */
export const MULTICAST_REMEDY =
  'sudo ip route add 224.0.0.0/4 dev INTERFACE, or use --bootstrap to find peers'

/**
 * Whether a packet to a multicast group would go anywhere: without a route for it, which most have by their default
 * route, nothing is ever sent, and nobody says so. Sends nothing.
 */
export async function hasMulticastRoute(): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    return await new Promise<boolean>(resolve => {
      // Of a datagram socket this only looks up the route; the callback gets what is wrong, whatever its type says.
      socket.connect(MDNS_PORT, MDNS_GROUP, (error?: Error) => resolve(error === undefined))
    })
  } finally {
    socket.close()
  }
}

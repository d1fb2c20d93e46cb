import type { Socket } from 'node:net'
import type { ConnectionProtector } from '@libp2p/interface'

/** Counts what crosses the sockets of a node: everything above TCP, as the network carries it. */
export interface SocketBytes {
  readonly received: number
  protector(inner?: (components: never) => ConnectionProtector): () => ConnectionProtector
}

/** A connection protector that changes nothing but remembers the sockets; wraps `inner` if there is one. */
export function socketBytes(): SocketBytes {
  const sockets: Socket[] = []
  return {
    get received() {
      return sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
    },
    protector: inner => () => {
      const wrapped = inner?.({} as never)
      return {
        async protect(connection, options) {
          const { socket } = connection as unknown as { socket?: Socket }
          if (socket !== undefined) sockets.push(socket)
          return wrapped === undefined ? connection : await wrapped.protect(connection, options)
        },
      }
    },
  }
}

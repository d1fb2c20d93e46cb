import type { Socket } from 'node:net'
import type { ConnectionProtector, MessageStream } from '@libp2p/interface'
import type { AbstractMultiaddrConnection } from '@libp2p/utils'

/** Above this, copying pieces together costs more than handing the kernel a list of them. */
const JOIN_MAX_BYTES = 16_384

type ProtectorFactory<C> = (components: C) => ConnectionProtector
type Chunks = Parameters<AbstractMultiaddrConnection['sendData']>[0]

/** What is private in the library's TCP connection. All uses are in this file. */
interface SocketConnection {
  socket?: Socket
  sendData(data: Chunks): ReturnType<AbstractMultiaddrConnection['sendData']>
}

/**
 * A connection protector that protects nothing itself, but lets everything that a connection sends in one turn
 * of the event loop leave in one socket write. `@libp2p/tcp` writes every piece by itself (noise's two-byte
 * length, then its ciphertext) with Nagle off, so each small message costs two packets and two system calls.
 *
 * With a pre-shared key, pass its protector as `inner`: `singleWrite(preSharedKey({ psk }))`. Connections that
 * do not end in a TCP socket (relayed ones) pass through untouched. The bytes on the wire stay the same.
 */
export function singleWrite<C>(inner?: ProtectorFactory<C>): ProtectorFactory<C> {
  return components => {
    const protector = inner?.(components)
    return {
      async protect(connection, options) {
        joinWrites(connection)
        return protector === undefined ? connection : await protector.protect(connection, options)
      },
    }
  }
}

function joinWrites(connection: MessageStream): void {
  const maConn = connection as unknown as SocketConnection
  const socket = maConn.socket
  if (socket === undefined || typeof socket.cork !== 'function') return
  let corked = false
  const uncork = () => {
    corked = false
    socket.uncork()
  }
  maConn.sendData = data => {
    // setImmediate runs right after the poll phase: whatever the frames that just came in made us send goes
    // together, and nothing waits for a timer. The cork is the socket's own, so its back-pressure still holds.
    if (!corked) {
      corked = true
      socket.cork()
      setImmediate(uncork)
    }
    return { sentBytes: data.byteLength, canSendMore: writeAll(socket, data) }
  }
}

function writeAll(socket: Socket, data: Chunks): boolean {
  if (data.byteLength <= JOIN_MAX_BYTES) return socket.write(data.subarray())
  let canSendMore = true
  for (const piece of data) canSendMore = socket.write(piece)
  return canSendMore
}

import type { ConnectionProtector, MessageStream } from '@libp2p/interface'
import { UNSENT_MAX_BYTES } from '../budget/limits.ts'

type ProtectorFactory<C> = (components: C) => ConnectionProtector

/**
 * Bounds what waits to be sent on a connection, which libp2p leaves open: a peer that sends what must be answered
 * (pings, streams to be refused) and reads none of the answers would fill our memory. Past the bound the
 * connection is aborted. What streams hold back themselves is bounded by the muxer's options.
 */
export function boundedWrites<C>(inner: ProtectorFactory<C>): ProtectorFactory<C> {
  return components => {
    const protector = inner(components)
    return {
      async protect(connection, options) {
        const guarded: MessageStream = await protector.protect(connection, options)
        for (const stream of new Set<MessageStream>([connection, guarded])) {
          stream.maxWriteBufferLength = UNSENT_MAX_BYTES
        }
        return guarded
      },
    }
  }
}

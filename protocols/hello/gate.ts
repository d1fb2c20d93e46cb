import type { Connection, StreamMiddleware } from '@libp2p/interface'
import { HELLO_PROTOCOL } from './codec.ts'

interface GatedComponents {
  readonly registrar: { getMiddleware(protocol: string): StreamMiddleware[] }
}

/** Streams can't be held back until their peer was let in, so the node must not start. */
class GateError extends Error {
  readonly code = 'NO_GATE'
  constructor() {
    super(
      'this libp2p has no registrar.getMiddleware to hold streams back with: use the version of the lockfile',
    )
    this.name = 'GateError'
  }
}

/**
 * Holds back every stream but the hello's, in both directions, until the peer at the other end was let in: neither
 * identify nor gossip nor a relay says or takes a byte before. A libp2p service, for only those see the registrar.
 *
 * `Libp2p.use` sets middleware for one protocol at a time, and libp2p 3.3 adds the protocol's own handler to the
 * very array that was set, at each stream: the second stream would be handled twice. Here each stream gets a new one.
 *
 * @param admitted resolves when the peer was let in, rejects when it never will be
 * @throws GateError if this libp2p can't be gated so
 */
export function admissionGate(admitted: (connection: Connection) => Promise<void>) {
  const hold: StreamMiddleware = async (stream, connection, next) => {
    await admitted(connection)
    next(stream, connection)
  }
  return ({ registrar }: GatedComponents): object => {
    // A libp2p that asks elsewhere would leave every door open, without a sound.
    if (typeof registrar.getMiddleware !== 'function') throw new GateError()
    registrar.getMiddleware = protocol => (protocol === HELLO_PROTOCOL ? [] : [hold])
    return {}
  }
}

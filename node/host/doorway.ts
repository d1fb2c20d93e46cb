import type { Connection, Libp2p, Listener, MultiaddrConnection, Transport } from '@libp2p/interface'
import type { AgentId } from '../../src/ports.ts'

/** How long a handshake may take, ms: a dozen round trips of a slow radio. libp2p's default is 10 s. */
export const HANDSHAKE_WITHIN_MS = 5_000
const STANDING_MIN = 64

/**
 * How many may stand in each of the two parts of the doorway of a node with room for `max` peers: half as many, for a
 * whole swarm may come at once to where it meets.
 */
export const doorwayRoom = (max: number): number => Math.max(STANDING_MIN, Math.ceil(max / 2))

interface Abortable {
  abort(error: Error): void
}

/** Those who stand in one part of the doorway. Past `max` the one that stood there longest makes room. */
export class Standing<T extends Abortable> {
  readonly #max: number
  readonly #all = new Set<T>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#all.size
  }

  enter(newcomer: T): void {
    this.#all.add(newcomer)
    const [longest] = this.#all
    if (this.#all.size <= this.#max || longest === undefined) return
    this.#all.delete(longest)
    longest.abort(new Error('others wait, and it took too long to say who it is'))
  }

  leave(one: T): void {
    this.#all.delete(one)
  }
}

/**
 * Those who were not let in yet: connections whose handshake goes on, and connections whose hello has not come. They
 * cost nothing to open, so whoever opens them without end must not take the places of those who only need a few
 * round trips. libp2p itself refuses newcomers once a hundred handshakes are under way.
 */
export class Doorway {
  readonly #room: number
  readonly #unadmitted: Standing<Connection>
  readonly #in = new Map<AgentId, number>()

  /** `max`: peers that the node has room for. */
  constructor(max: number) {
    this.#room = doorwayRoom(max)
    this.#unadmitted = new Standing(this.#room)
  }

  /** Whether a peer was let in, on any of its connections. */
  isIn(peer: AgentId): boolean {
    return this.#in.has(peer)
  }

  /** A transport whose listeners keep watch over those that shake hands. */
  guard<C>(make: (components: C) => Transport): (components: C) => Transport {
    return components => {
      const transport = make(components)
      const createListener = transport.createListener.bind(transport)
      transport.createListener = (options): Listener => {
        const standing = new Standing<MultiaddrConnection>(this.#room)
        const upgradeInbound: typeof options.upgrader.upgradeInbound = async (connection, upgradeOptions) => {
          standing.enter(connection)
          try {
            return await options.upgrader.upgradeInbound(connection, upgradeOptions)
          } finally {
            standing.leave(connection)
          }
        }
        const upgrader = Object.assign(Object.create(options.upgrader), { upgradeInbound })
        return createListener({ ...options, upgrader })
      }
      return transport
    }
  }

  /** Keeps watch over those that have shaken hands. `admitted`: as the gate has it. */
  watch(libp2p: Pick<Libp2p, 'addEventListener'>, admitted: (connection: Connection) => Promise<void>): void {
    libp2p.addEventListener('connection:open', ({ detail: connection }) => {
      if (connection.direction === 'inbound') this.#unadmitted.enter(connection)
      admitted(connection).then(
        () => this.#letIn(connection),
        () => this.#unadmitted.leave(connection),
      )
    })
  }

  #letIn(connection: Connection): void {
    this.#unadmitted.leave(connection)
    if (connection.status !== 'open') return
    const peer = connection.remotePeer.toString()
    this.#in.set(peer, (this.#in.get(peer) ?? 0) + 1)
    connection.addEventListener('close', () => {
      const left = (this.#in.get(peer) ?? 1) - 1
      if (left > 0) this.#in.set(peer, left)
      else this.#in.delete(peer)
    })
  }
}

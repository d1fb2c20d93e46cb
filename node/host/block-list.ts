import type { ConnectionGater } from '@libp2p/interface'
import type { AgentId } from '../../src/ports.ts'

/** Peers this node refuses to talk to, both ways: how the demo and the tests cut a swarm in two. */
export class BlockList {
  readonly #isOut: (agent: AgentId) => boolean
  #blocked: ReadonlySet<AgentId> = new Set()

  /** `isOut`: who is refused besides, for what it did. */
  constructor(isOut: (agent: AgentId) => boolean = () => false) {
    this.#isOut = isOut
  }

  has(agent: AgentId): boolean {
    return this.#blocked.has(agent) || this.#isOut(agent)
  }

  replace(agents: Iterable<AgentId>): void {
    this.#blocked = new Set(agents)
  }

  gater(): ConnectionGater {
    return {
      denyDialPeer: peer => this.has(peer.toString()),
      denyInboundEncryptedConnection: peer => this.has(peer.toString()),
      denyOutboundEncryptedConnection: peer => this.has(peer.toString()),
      // A private swarm is dialed at private addresses, which libp2p's default gater refuses in browsers only.
      denyDialMultiaddr: () => false,
    }
  }
}

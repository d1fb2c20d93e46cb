import type { Connection, IdentifyResult } from '@libp2p/interface'
import type { Hello, Introduction } from '../../protocols/hello/codec.ts'
import type { LinkEnd } from '../../protocols/hello/link.ts'
import type { Links } from '../../protocols/hello/links.ts'
import type { AgentId } from '../../src/ports.ts'
import type { Logger } from '../log.ts'
import { GonePeers, goneOf } from './gone.ts'
import type { Host } from './host.ts'
import { type Certified, NameBook } from './name-book.ts'
import { INTRODUCED_AT_ONCE, type PeerKeeper } from './peer-keeper.ts'

export interface MeetingsInit {
  readonly host: Host
  readonly links: () => Links
  readonly keeper: () => PeerKeeper
  readonly log: Logger
  /** Null in an open swarm. */
  readonly certified: Certified | null
  readonly onPeer: (peer: AgentId, up: boolean, why: string) => void
}

/** What a node makes of whom it meets, hears of and loses: who it is, where to dial it, and whom to tell. */
export class Meetings {
  readonly names: NameBook
  readonly gone = new GonePeers()
  readonly #init: MeetingsInit
  readonly #members = new Set<AgentId>()

  constructor(init: MeetingsInit) {
    this.#init = init
    this.names = new NameBook(init.certified)
  }

  readonly up = (peer: AgentId, hello: Hello, connection: Connection): void => {
    this.names.learn(peer, hello)
    this.#members.add(peer)
    this.gone.isBack(peer)
    void knownAddresses(this.#init.host, connection).then(addresses => this.#reached(peer, addresses))
    this.#init.onPeer(peer, true, hello.name)
  }

  readonly down = (peer: AgentId, end: LinkEnd | { readonly t: 'lost' }): void => {
    if (end.t === 'turned-away') return
    const keeper = this.#init.keeper()
    const gone = goneOf(end, this.#members.delete(peer))
    if (end.t === 'full') keeper.full(peer)
    else if (gone.state === 'refused') {
      this.#init.log.warn({ peer, reason: gone.why }, 'peer refused')
      keeper.refused(peer)
    } else keeper.down(peer, gone.state === 'left')
    this.gone.add(peer, gone)
    this.#init.onPeer(peer, false, `${gone.state}: ${gone.why}`)
  }

  /** A peer says where it listens: late, if it first had to find a relay to hide behind. */
  readonly identified = ({ detail }: CustomEvent<IdentifyResult>): void => {
    this.#reached(detail.peerId.toString(), detail.listenAddrs.map(String))
  }

  readonly heardOf = (by: AgentId, peers: readonly Introduction[]): void => {
    for (const peer of peers)
      if (this.names.find(peer.agent) === undefined) this.names.learn(peer.agent, peer)
    this.#init.keeper().introduced(by, peers)
  }

  readonly introductions = (to: AgentId): readonly Introduction[] =>
    this.#init.keeper().introductions(to, this.#about)

  /**
   * Notes where a peer that is up can be dialed, and passes it on if it is news: who hides behind a relay gets its
   * address there only after its hello, when all others have been introduced without it.
   */
  #reached(peer: AgentId, addresses: readonly string[]): void {
    const [links, keeper] = [this.#init.links(), this.#init.keeper()]
    if (links.link(peer) === undefined || !keeper.up(peer, addresses)) return
    const introduction = keeper.introductionOf(peer, this.#about)
    if (introduction === null) return
    for (const other of keeper.nearest(peer).slice(0, INTRODUCED_AT_ONCE))
      links.introduce(other, [introduction])
  }

  readonly #about = (agent: AgentId) => {
    const { name, role } = this.names.find(agent) ?? { name: '', role: '' }
    return { name, role, cell: this.#init.links().link(agent)?.cell ?? ('' as const) }
  }
}

/** Where a peer can be dialed again: what it announces, or where it was reached. */
async function knownAddresses(host: Host, connection: Connection): Promise<readonly string[]> {
  const reached = connection.direction === 'outbound' ? [connection.remoteAddr.toString()] : []
  try {
    const { addresses } = await host.peerStore.get(connection.remotePeer)
    return [...reached, ...addresses.map(({ multiaddr }) => multiaddr.toString())]
  } catch {
    // Not identified yet: its introductions will tell.
    return reached
  }
}

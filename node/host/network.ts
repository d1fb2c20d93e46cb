import type { Connection } from '@libp2p/interface'
import type { PeerGuard } from '../../protocols/budget/guard.ts'
import type { Gossip } from '../../protocols/gossip/gossip.ts'
import { type Hello, PROTOCOL_VERSION } from '../../protocols/hello/codec.ts'
import type { LinkEnd } from '../../protocols/hello/link.ts'
import { Links } from '../../protocols/hello/links.ts'
import { SyncStreams } from '../../protocols/sync/streams.ts'
import { serveViews, viewOf } from '../../protocols/view/view.ts'
import type { AgentId, CellId, Now } from '../../src/ports.ts'
import type { Config } from '../config/schema.ts'
import type { Identity } from '../identity/identity.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Admission } from '../trust/admission.ts'
import { VERSION } from '../version.ts'
import { BlockList } from './block-list.ts'
import { guardPeers, watchConnections } from './guard-peers.ts'
import { createHost, type Host } from './host.ts'
import { NameBook } from './name-book.ts'
import type { BookedPeer } from './peer-book.ts'
import { INTRODUCED_AT_ONCE, PeerKeeper } from './peer-keeper.ts'

/** Dials at once: enough to meet a swarm quickly, few enough not to drown a weak radio. */
const PARALLEL_DIALS = 8
/** How many of those that left or failed are remembered for `peers`. */
const GONE_MAX = 1_024

export interface NetworkInit {
  readonly config: Config
  readonly identity: Identity
  readonly boot: number
  readonly psk: Uint8Array | null
  readonly admission: Admission
  readonly booked: readonly BookedPeer[]
  readonly now: () => Now
  readonly random: () => number
  readonly ownCell: () => CellId | ''
  readonly log: Logger
  /** Where a port to listen on is taken, take the next free one above it. */
  readonly movePorts: boolean
  /** Where libp2p's own metrics go, if the profile wants them. */
  readonly metrics?: Pick<Metrics, 'profile' | 'registry'>
  /** Judges a gossip message: once, before it is relayed. */
  readonly onGossip: (topic: string, bytes: Uint8Array, from: AgentId) => 'accept' | 'ignore' | 'reject'
  readonly onSync: (from: AgentId, frame: Uint8Array) => void
  readonly onPeer: (peer: AgentId, up: boolean, why: string) => void
  readonly onRtt: (rttMs: number) => void
  readonly viewFrame: () => Uint8Array
}

/** How a peer went that is no longer here, or why it never came. */
export interface Gone {
  /** refused: by us or by it, as a peer of another swarm is. */
  readonly state: 'left' | 'failed' | 'refused'
  readonly why: string
}

/** Everything between a node and its peers. */
export interface Network {
  readonly host: Host
  readonly gossip: Gossip
  readonly links: Links
  readonly keeper: PeerKeeper
  readonly sync: SyncStreams
  readonly names: NameBook
  readonly blocked: BlockList
  readonly guard: PeerGuard
  readonly gone: ReadonlyMap<AgentId, Gone>
  /** Throws ListenError. */
  start(): Promise<void>
  /** Another node's map frames. Throws ViewUnreachableError. */
  viewOf(agent: AgentId, hz: number, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Cuts this node off from these peers, and from no others. */
  block(agents: readonly AgentId[]): Promise<void>
  /** Says goodbye to everyone: before the last event is written, so that a slow disk does not look like a failure. */
  leave(reason: string): Promise<void>
  /** Ends what `start` began, however far it came. */
  stop(): Promise<void>
}

export async function createNetwork(init: NetworkInit): Promise<Network> {
  const { config, identity, admission, log } = init
  const guard = guardPeers({
    config,
    log,
    connections: () => host.getConnections(),
    expel: (peer, reason) => links.expel(peer, reason),
  })
  const blocked = new BlockList(peer => guard.isOut(peer))
  const names = new NameBook()
  const gone = new Map<AgentId, Gone>()
  const members = new Set<AgentId>()
  const host = await createHost({
    config,
    identity,
    psk: init.psk,
    blocked,
    meter: guard,
    admitted: connection => links.admitted(connection),
    log,
    movePorts: init.movePorts,
    ...(init.metrics === undefined ? {} : { metrics: init.metrics }),
    gossip: {
      flushMs: config.gossip.flushMs,
      // All there is to gossip so far are positions.
      ephemeral: () => true,
      admits: peer => links.link(peer) !== undefined && admission.mayHear(peer),
      validate: (topic, bytes, from) => init.onGossip(topic, bytes, from),
      onMessage: () => {},
    },
  })
  const self = (): Hello => ({
    protocol: PROTOCOL_VERSION,
    swarm: config.swarm,
    name: config.name,
    role: config.role,
    boot: init.boot,
    version: VERSION,
    ...admission.shows(),
  })
  const about = (agent: AgentId) => {
    const { name, role } = names.find(agent) ?? { name: '', role: '' }
    return { name, role, cell: links.link(agent)?.cell ?? '' }
  }
  const links: Links = new Links({
    libp2p: host,
    self,
    judge: admission.judge,
    now: init.now,
    cell: init.ownCell,
    maxPeers: config.connections.max,
    introduce: to => keeper.introductions(to, about),
    onUp: (peer, hello, connection) => {
      names.learn(peer, hello)
      members.add(peer)
      gone.delete(peer)
      void knownAddresses(host, connection).then(addresses => reached(peer, addresses))
      init.onPeer(peer, true, hello.name)
    },
    onDown: (peer, end) => {
      if (end.t === 'turned-away') return
      const went = goneOf(end, members.delete(peer))
      if (end.t === 'full') keeper.full(peer)
      else if (went.state === 'refused') {
        log.warn({ peer, reason: went.why }, 'peer refused')
        keeper.refused(peer)
      } else keeper.down(peer, went.state === 'left')
      remember(gone, peer, went)
      init.onPeer(peer, false, `${went.state}: ${went.why}`)
    },
    onRtt: init.onRtt,
    onIntroduced: (_, peers) => {
      for (const peer of peers) if (names.find(peer.agent) === undefined) names.learn(peer.agent, peer)
      keeper.introduced(peers)
    },
  })
  const keeper = new PeerKeeper({
    libp2p: host,
    rule: { target: config.connections.target, max: config.connections.max, parallel: PARALLEL_DIALS },
    bootstrap: config.bootstrap,
    booked: init.booked,
    monoUs: () => init.now().monoUs,
    ownCell: init.ownCell,
    cellOf: agent => links.link(agent)?.cell ?? '',
    random: init.random,
    blocked: agent => blocked.has(agent),
    log: (message, fields) => log.debug(fields, message),
  })
  /**
   * Notes where a peer that is up can be dialed, and passes it on if it is news: who hides behind a relay gets its
   * address there only after its hello, when all others have been introduced without it.
   */
  const reached = (peer: AgentId, addresses: readonly string[]): void => {
    if (links.link(peer) === undefined || !keeper.up(peer, addresses)) return
    const introduction = keeper.introductionOf(peer, about)
    if (introduction === null) return
    for (const other of keeper.nearest(peer).slice(0, INTRODUCED_AT_ONCE))
      links.introduce(other, [introduction])
  }
  const connection = (peer: AgentId) => links.connection(peer)
  const sync = new SyncStreams({ libp2p: host, connection, meter: guard, onFrame: init.onSync })
  const view = { libp2p: host, connection, meter: guard, frame: init.viewFrame }
  return {
    host,
    gossip: host.services.gossip,
    links,
    keeper,
    sync,
    names,
    blocked,
    guard,
    gone,
    async start() {
      // Handlers first, then the doors, then out: nobody is met by a node that can't answer yet.
      host.addEventListener('peer:identify', ({ detail }) => {
        reached(detail.peerId.toString(), detail.listenAddrs.map(String))
      })
      watchConnections(host, guard)
      await links.start()
      await sync.start()
      await serveViews(view)
      await host.start()
      keeper.start()
    },
    viewOf: (agent, hz, signal) => viewOf(view, agent, hz, signal),
    async block(agents) {
      blocked.replace(agents)
      for (const connection of host.getConnections()) {
        if (blocked.has(connection.remotePeer.toString())) connection.abort(new Error('cut off on purpose'))
      }
    },
    async leave(reason) {
      keeper.stop()
      await links.stop(reason)
    },
    async stop() {
      keeper.stop()
      await links.stop('')
      await sync.stop()
      await host.stop()
    },
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

function remember(gone: Map<AgentId, Gone>, peer: AgentId, went: Gone): void {
  gone.delete(peer)
  gone.set(peer, went)
  const oldest = gone.keys().next().value
  if (gone.size > GONE_MAX && oldest !== undefined) gone.delete(oldest)
}

function goneOf(end: LinkEnd | { readonly t: 'lost' }, wasMember: boolean): Gone {
  switch (end.t) {
    case 'left':
      // Who parts before it said hello has no use for us.
      return wasMember
        ? { state: 'left', why: end.reason }
        : { state: 'refused', why: `it said: ${end.reason}` }
    case 'refused':
      return { state: 'refused', why: `told it: ${end.reason}` }
    case 'full':
    case 'turned-away':
      return { state: 'refused', why: 'it has no room' }
    case 'silent':
      return { state: 'failed', why: 'silent' }
    case 'lost':
      return { state: 'failed', why: 'connection lost' }
  }
}

import type { PeerGuard } from '../../protocols/budget/guard.ts'
import type { Gossip } from '../../protocols/gossip/gossip.ts'
import { type Hello, PROTOCOL_VERSION } from '../../protocols/hello/codec.ts'
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
import { placesKept } from './dial-plan.ts'
import type { Gone } from './gone.ts'
import { guardPeers, watchConnections } from './guard-peers.ts'
import { createHost, type Host } from './host.ts'
import { Meetings } from './meetings.ts'
import type { NameBook } from './name-book.ts'
import type { BookedPeer } from './peer-book.ts'
import { PeerKeeper } from './peer-keeper.ts'

/** Dials at once: enough to meet a swarm quickly, few enough not to drown a weak radio. */
const PARALLEL_DIALS = 8
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
  const meetings = new Meetings({
    host,
    links: () => links,
    keeper: () => keeper,
    log,
    certified: admission.certified,
    onPeer: init.onPeer,
  })
  const links: Links = new Links({
    libp2p: host,
    self: () => helloOf(init),
    judge: admission.judge,
    now: init.now,
    cell: init.ownCell,
    maxPeers: config.connections.max - placesKept(config.connections),
    introduce: meetings.introductions,
    onUp: meetings.up,
    onDown: meetings.down,
    onRtt: init.onRtt,
    onIntroduced: (by, peers) => meetings.heardOf(by, peers),
    takes: peer => guard.spend(peer, 'hello-frames', 1),
    onFault: (peer, fault) => guard.fault(peer, fault),
  })
  const keeper = new PeerKeeper({
    ...keeperRules(init),
    libp2p: host,
    cellOf: agent => links.link(agent)?.cell ?? '',
    blocked: agent => blocked.has(agent),
  })
  const connection = (peer: AgentId) => links.connection(peer)
  const sync = new SyncStreams({ libp2p: host, connection, meter: guard, onFrame: init.onSync })
  const view = { libp2p: host, connection, meter: guard, mayWatch: admission.mayWatch, frame: init.viewFrame }
  return {
    host,
    gossip: host.services.gossip,
    links,
    keeper,
    sync,
    names: meetings.names,
    blocked,
    guard,
    gone: meetings.gone.peers,
    async start() {
      // Handlers first, then the doors, then out: nobody is met by a node that can't answer yet.
      host.addEventListener('peer:identify', meetings.identified)
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

function helloOf({ config, boot, admission }: NetworkInit): Hello {
  const { swarm, name, role } = config
  return { protocol: PROTOCOL_VERSION, swarm, name, role, boot, version: VERSION, ...admission.shows() }
}

function keeperRules({ config, booked, ownCell, random, now, log }: NetworkInit) {
  const { target, max } = config.connections
  return {
    rule: { target, max, parallel: PARALLEL_DIALS },
    bootstrap: config.bootstrap,
    booked,
    ownCell,
    random,
    monoUs: () => now().monoUs,
    log: (message: string, fields: Record<string, unknown>) => log.debug(fields, message),
  }
}

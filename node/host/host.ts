import { createHash } from 'node:crypto'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import type { Connection } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { PeerMeter } from '../../protocols/budget/guard.ts'
import { type GossipInit, skeinGossip } from '../../protocols/gossip/gossip.ts'
import { admissionGate } from '../../protocols/hello/gate.ts'
import { swarmLayers } from '../../protocols/transport/layers.ts'
import type { Config } from '../config/schema.ts'
import type { Identity } from '../identity/identity.ts'
import type { Logger } from '../log.ts'
import { libp2pLogger } from '../log-libp2p.ts'
import { libp2pMetrics } from '../metrics/libp2p.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { VERSION } from '../version.ts'
import type { BlockList } from './block-list.ts'
import { Doorway, doorwayRoom, HANDSHAKE_WITHIN_MS } from './doorway.ts'
import { type ListenError, tcpThatMoves } from './listen.ts'
import { hasMulticastRoute, MULTICAST_REMEDY } from './multicast.ts'

/** Second connections of peers, and those to peers that are being told that there is no room. */
const SPARE_CONNECTIONS = 64

export interface HostInit {
  readonly config: Config
  readonly identity: Identity
  readonly psk: Uint8Array | null
  readonly gossip: GossipInit
  readonly blocked: BlockList
  /** Is told what each peer costs. */
  readonly meter?: PeerMeter
  /** Resolves when the peer at the other end was let in: until then it gets no stream but the hello's. */
  readonly admitted: (connection: Connection) => Promise<void>
  readonly log: Logger
  /**
   * Where a port to listen on is taken, take the next free one above it.
   *
   * @default false
   */
  readonly movePorts?: boolean
  /** Where libp2p's own metrics go, if the profile wants them. */
  readonly metrics?: Pick<Metrics, 'profile' | 'registry'>
}

export type Host = Awaited<ReturnType<typeof openHost>>

/**
 * The libp2p host: TCP, noise, yamux, GossipSub, identify, mDNS and circuit relay, each set against what would
 * break a swarm. It is created stopped; whoever starts it has its listeners in place first. `start` throws
 * ListenError.
 */
export async function createHost(init: HostInit): Promise<Host> {
  const unheard: ListenError[] = []
  const host = await openHost(init, error => unheard.push(error))
  const start = host.start.bind(host)
  // libp2p's own error is a sentence about its options.
  host.start = async () => {
    try {
      await start()
    } catch (error) {
      throw unheard[0] ?? error
    }
    if (init.config.mdns && !(await hasMulticastRoute()))
      init.log.warn(`no peers are found by mDNS: there is no route for multicast. ${MULTICAST_REMEDY}`)
  }
  return host
}

async function openHost(init: HostInit, onListenFailure: (error: ListenError) => void) {
  const { config, identity, psk, log } = init
  const { relay } = config
  const metrics = init.metrics && libp2pMetrics(init.metrics)
  const doorway = new Doorway(config.connections.max)
  const host = await createLibp2p({
    start: false,
    privateKey: identity.privateKey,
    nodeInfo: { name: 'skein', version: VERSION },
    logger: libp2pLogger(log),
    ...(metrics === undefined ? {} : { metrics }),
    addresses: {
      // A place at a relay costs that relay: only who asked for the client takes one, and nobody takes two.
      listen: [...new Set([...config.listen, ...(relay.client ? ['/p2p-circuit'] : [])])],
      announce: [...config.announce],
    },
    transports: [
      doorway.guard(
        tcpThatMoves({
          maxConnections: connectionsMax(config),
          backlog: 256,
          mayMove: init.movePorts ?? false,
          onFailure: onListenFailure,
        }),
      ),
      circuitRelayTransport({ reservationConcurrency: 2 }),
    ],
    ...swarmLayers(psk, init.meter, peer => doorway.isIn(peer)),
    connectionGater: init.blocked.gater(),
    connectionManager: connectionLimits(config),
    // Its pings abort healthy links on one late answer; the pulses of /skein/hello know better.
    connectionMonitor: { enabled: false },
    ...(config.mdns
      ? { peerDiscovery: [mdns({ serviceTag: mdnsTag(config.swarm), interval: 10_000 })] }
      : {}),
    services: {
      gate: admissionGate(init.admitted),
      identify: identify({ runOnLimitedConnection: true }),
      identifyPush: identifyPush({ runOnLimitedConnection: true }),
      ping: ping({ runOnLimitedConnection: true }),
      gossip: skeinGossip({ ...init.gossip, ...(init.meter && { meter: init.meter }) }),
      ...(relay.server ? { relay: relayServer(relay.maxReservations) } : {}),
    },
  })
  doorway.watch(host, init.admitted)
  return host
}

/** Past the most peers that a node takes libp2p hangs up without a word: so there is room for those in the doorway. */
const connectionsMax = ({ connections: { max } }: Config): number =>
  max + 2 * doorwayRoom(max) + SPARE_CONNECTIONS

function connectionLimits(config: Config): NonNullable<Libp2pOptions['connectionManager']> {
  return {
    maxConnections: connectionsMax(config),
    maxParallelDials: 16,
    maxPeerAddrsToDial: 16,
    dialTimeout: 6_000,
    addressDialTimeout: 4_000,
    outboundStreamProtocolNegotiationTimeout: 3_000,
    inboundStreamProtocolNegotiationTimeout: 3_000,
    // A whole swarm may sit behind one relay, NAT or test host: 5 a second and host would keep most of it out.
    inboundConnectionThreshold: 100,
    // The doorway makes room before.
    maxIncomingPendingConnections: 2 * doorwayRoom(config.connections.max),
    inboundUpgradeTimeout: HANDSHAKE_WITHIN_MS,
    // The peer keeper redials, for good.
    reconnectRetries: 0,
  }
}

/** By default a relay closes a connection after 2 minutes or 128 KiB and takes 15 peers: no gossip lives on that. */
function relayServer(maxReservations: number) {
  return circuitRelayServer({
    maxInboundHopStreams: maxReservations,
    maxOutboundStopStreams: maxReservations,
    reservations: { maxReservations, applyDefaultLimit: false },
  })
}

/** Swarms on one network don't see each other's announcements. DNS labels are short, so the swarm goes by hash. */
function mdnsTag(swarm: string): string {
  return `_skein-${createHash('sha256').update(swarm).digest('hex').slice(0, 8)}._udp.local`
}

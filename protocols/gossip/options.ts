import { type GossipsubOpts, StrictNoSign } from '@libp2p/gossipsub'
import { idText, messageId } from './wire.ts'

/** How many peers exchange full messages per topic (`D` aimed at, `Dlo`..`Dhi` tolerated) and get gossip. */
export interface MeshDegree {
  readonly D: number
  readonly Dlo: number
  readonly Dhi: number
  readonly Dscore: number
  readonly Dout: number
  readonly Dlazy: number
}

/**
 * Small, because every mesh link carries a copy. A node looks for links of its own only below `Dlo`, and others
 * choose it too, so that it has about four: enough to keep a random mesh in one piece and to reach a hundred
 * peers in four or five hops. `Dhi` leaves room, so that a newcomer isn't refused by neighbours that are all
 * full: it would be blind until they have forgotten. GossipSub wants Dout < Dlo and Dout <= D / 2.
 */
export const POSITION_MESH: MeshDegree = { D: 3, Dlo: 2, Dhi: 6, Dscore: 2, Dout: 1, Dlazy: 3 }

/** Largest RPC taken in, bytes. Ours stay below 48 KiB, so more is an attack or a misconfigured peer. */
const MAX_RPC_BYTES = 64 * 1024

/** Most messages, subscriptions or control entries taken from one RPC. */
export const MAX_RPC_ENTRIES = 512

export interface RouterOptions {
  readonly mesh: MeshDegree
  readonly heartbeatMs: number
}

/** GossipSub's options, each away from its default for the reason beside it. */
export function gossipsubOptions({ mesh, heartbeatMs }: RouterOptions): Partial<GossipsubOpts> {
  return {
    ...mesh,
    heartbeatInterval: heartbeatMs,
    // Signatures are ours, inside the data: StrictSign verifies every copy and imports the key each time.
    globalSignaturePolicy: StrictNoSign,
    // Synchronous (the default is a promise per message) and over topic and data, so ids can't be poisoned.
    msgIdFn: message => messageId(message.topic, message.data),
    // One character a byte: a cheaper map key than base64.
    msgIdToStrFn: idText,
    // Own messages to the mesh only, not to every subscriber.
    floodPublish: false,
    // IDONTWANT for small messages costs more RPCs than it saves copies.
    idontwantMinDataSize: 16 * 1024,
    // Swarms on one host, behind one relay or one mobile NAT share an address: with the default weight more
    // than ten of them prune each other and the mesh is empty.
    scoreParams: { IPColocationFactorWeight: 0 },
    // After a refusal. In a swarm neighbours change in seconds, and a node without mesh links sees nobody.
    pruneBackoff: 15_000,
    // A floodsub peer gets and sends everything; we have none.
    fallbackToFloodsub: false,
    // A lone drone publishes to nobody, and that is no error.
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // Without a bound one slow radio link takes all memory. Past it the stream resets: see watchdog.ts.
    maxOutboundBufferSize: 1024 * 1024,
    maxInboundDataLength: MAX_RPC_BYTES,
    decodeRpcLimits: {
      maxSubscriptions: MAX_RPC_ENTRIES,
      maxMessages: MAX_RPC_ENTRIES,
      maxIhaveMessageIDs: 2048,
      maxIwantMessageIDs: 2048,
      maxIdontwantMessageIDs: MAX_RPC_ENTRIES,
      maxControlMessages: MAX_RPC_ENTRIES,
      maxPeerInfos: 16,
    },
    // Covers a message's longest way through the mesh; every id kept is memory.
    seenTTL: SEEN_TTL_MS,
    // A loaded peer answers IWANT late; the default 3 s punishes it as a liar.
    gossipsubIWantFollowupMs: 12_000,
    // Relayed connections are marked limited; ours run over our own relays, whose limits are lifted.
    runOnLimitedConnection: true,
    // One gossip stream a connection, and one more while a reconnect overlaps.
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    // Peer exchange is the peer keeper's business.
    doPX: false,
  }
}

/** How long a message id is remembered at least, ms. */
export const SEEN_TTL_MS = 30_000

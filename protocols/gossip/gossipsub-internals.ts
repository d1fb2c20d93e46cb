import { type GossipsubOpts, gossipsub } from '@libp2p/gossipsub'
import type { Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'
import type { Outlet } from './coalesce.ts'
import type { SeenMessages } from './seen.ts'
import { idBytes } from './wire.ts'

/**
 * The one place that reaches into GossipSub's privates (17.1). The rest of the gossip layer sees `Router`:
 * GossipSub keeps the mesh, the subscriptions, the scores and the control protocol; the way of a message
 * through the node, in and out, is ours.
 */
export type GossipComponents = Parameters<ReturnType<typeof gossipsub>>[0]

/** Data that waits in a stream above this makes the stream congested. */
const CONGESTED_BYTES = 64 * 1024

interface OutboundLink {
  readonly rawStream: Stream & { readonly writeBufferLength: number; readonly writableNeedsDrain: boolean }
  push(rpc: Uint8Array): void
}

interface InboundBytes {
  subarray(): Uint8Array
}

interface Internals extends Startable {
  readonly subscriptions: ReadonlySet<string>
  readonly topics: ReadonlyMap<string, ReadonlySet<string>>
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: ReadonlyMap<string, OutboundLink>
  readonly idontwants: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly backoff: ReadonlyMap<string, Map<string, number>>
  readonly fanoutLastpub: Map<string, number>
  readonly acceptFromWhitelist: Map<string, unknown>
  readonly gossipTracer: { deliverMessage(id: string): void; clear(): void }
  readonly mcache: {
    put(id: { msgId: Uint8Array; msgIdStr: string }, message: object, validated: boolean): void
  }
  readonly score: {
    readonly scoreCache: Map<string, unknown>
    readonly peerStats: ReadonlyMap<string, { expire: number }>
    addPenalty(peer: string, penalty: number, label: string): void
  }
  seenCache: SeenMessages
  acceptFrom(peer: string): boolean
  decodeRpc(rpc: Uint8Array): object
  handleReceivedRpc(from: PeerId, rpc: object): Promise<void>
  handlePeerReadStreamError(error: unknown, peer: PeerId): void
  selectPeersToPublish(topic: string, flood: boolean): { tosend: ReadonlySet<string> }
  pipePeerReadStream(peer: PeerId, source: AsyncIterable<InboundBytes>): Promise<void>
  createOutboundStream(peer: PeerId, connection: Connection): Promise<void>
  removePeer(peer: PeerId): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  addEventListener(type: 'gossipsub:heartbeat', listener: () => void): void
}

/** What the router asks of the gossip layer. */
export interface RouterEvents {
  /** One RPC has come in from a peer whose score still lets it be heard. */
  onRpc(peer: PeerId, rpc: Uint8Array): void
  /** One RPC of a peer that isn't heard any more. */
  onGraylisted(peer: PeerId, rpc: Uint8Array): void
  /** A peer announced an RPC longer than any that is taken; its stream is at its end. */
  onOversize(peer: PeerId): void
  /** An RPC of GossipSub's own leaves for a peer: returns it framed, with what else is to leave. */
  frame(peer: string, rpc: Uint8Array): Uint8Array
  onPeerGone(peer: string): void
  onHeartbeat(): void
}

interface LinkState {
  readonly outbound: boolean
  readonly inbound: boolean
  readonly opening: boolean
  /** What was sent to the peer on the stream there is: what it has taken, and what still waits for it. */
  readonly takenBytes: number
  readonly unsentBytes: number
}

export interface Router {
  readonly protocols: readonly string[]
  start(): Promise<void>
  stop(): Promise<void>
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  isSubscribed(topic: string): boolean
  mesh(topic: string): ReadonlySet<string>
  subscribers(topic: string): ReadonlySet<string>
  /** Whom to send a message of our own: the mesh; below `minPeers`, or without a mesh, more subscribers. */
  publishTo(topic: string, minPeers: number): ReadonlySet<string>
  /** Streams of the gossip protocol with a peer. `opening`: one to it is being negotiated. */
  link(peer: string): LinkState
  outlet(peer: string): Outlet | undefined
  unwanted(peer: string, id: string): boolean
  /** Keeps a message for a few heartbeats, offers it to peers outside the mesh (IHAVE) and answers their IWANT. */
  remember(id: string, topic: string, data: Uint8Array): void
  /** Hands over the fields of an RPC that are no messages. Throws what GossipSub's decoder throws. */
  handleControl(peer: PeerId, fields: Uint8Array): void
  /** Scores a peer down for bytes that no honest peer sends. */
  penalize(peer: string): void
  /** The wall clock jumped by so many ms: what GossipSub has dated with it moves along. */
  shiftClock(stepMs: number): void
}

const NOBODY: ReadonlySet<string> = new Set()

/** Makes a GossipSub whose message path is taken over by `events`. */
export function openRouter(
  components: GossipComponents,
  options: Partial<GossipsubOpts>,
  seen: SeenMessages,
  events: RouterEvents,
): Router {
  const stock = gossipsub(options)(components)
  const inner = stock as unknown as Internals
  const log = components.logger.forComponent('skein:gossip:router')
  const readers = new Map<string, number>()
  inner.seenCache = seen
  inner.addEventListener('gossipsub:heartbeat', () => events.onHeartbeat())
  takeInbound(inner, readers, events)
  const opening = takeOutbound(inner, events, log)
  takeRemoval(inner, events)

  const outlets = new WeakMap<OutboundLink, Outlet>()
  return {
    protocols: stock.protocols,
    async start() {
      await inner.start()
    },
    async stop() {
      await inner.stop()
    },
    subscribe: topic => inner.subscribe(topic),
    unsubscribe: topic => inner.unsubscribe(topic),
    isSubscribed: topic => inner.subscriptions.has(topic),
    mesh: topic => inner.mesh.get(topic) ?? NOBODY,
    subscribers: topic => inner.topics.get(topic) ?? NOBODY,
    publishTo(topic, minPeers) {
      const mesh = inner.mesh.get(topic)
      if (mesh !== undefined && mesh.size >= minPeers) return mesh
      return inner.selectPeersToPublish(topic, false).tosend
    },
    link(peer) {
      const outbound = inner.streamsOutbound.get(peer)
      return {
        outbound: outbound !== undefined,
        inbound: readers.has(peer),
        opening: opening.has(peer),
        takenBytes:
          outbound === undefined ? 0 : sentOn(outbound).bytes - outbound.rawStream.writeBufferLength,
        unsentBytes: outbound?.rawStream.writeBufferLength ?? 0,
      }
    },
    outlet(peer) {
      const link = inner.streamsOutbound.get(peer)
      if (link === undefined) return undefined
      let outlet = outlets.get(link)
      if (outlet === undefined) {
        outlet = outletOf(link)
        outlets.set(link, outlet)
      }
      return outlet
    },
    unwanted: (peer, id) => inner.idontwants.get(peer)?.has(id) === true,
    remember(id, topic, data) {
      inner.gossipTracer.deliverMessage(id)
      inner.mcache.put({ msgId: idBytes(id), msgIdStr: id }, { topic, data }, true)
    },
    handleControl(peer, fields) {
      inner
        .handleReceivedRpc(peer, inner.decodeRpc(fields))
        .catch(error => log.error('control of %p failed - %e', peer, error))
    },
    penalize: peer => inner.score.addPenalty(peer, 1, 'broken_promise'),
    shiftClock: stepMs => shiftClock(inner, stepMs),
  }
}

/** What comes in goes to us as the bytes of whole RPCs, without GossipSub's decoding and its promises. */
function takeInbound(inner: Internals, readers: Map<string, number>, events: RouterEvents): void {
  inner.pipePeerReadStream = async (peer, source) => {
    const id = peer.toString()
    readers.set(id, (readers.get(id) ?? 0) + 1)
    try {
      for await (const rpc of source) {
        if (inner.acceptFrom(id)) events.onRpc(peer, rpc.subarray())
        else events.onGraylisted(peer, rpc.subarray())
      }
    } catch (error) {
      if (isTooLong(error)) events.onOversize(peer)
      inner.handlePeerReadStreamError(error, peer)
    } finally {
      const left = (readers.get(id) ?? 1) - 1
      if (left > 0) readers.set(id, left)
      else readers.delete(id)
    }
  }
}

/** What the decoder of length prefixes says of a length that is too large, or no length. */
const LENGTH_ERRORS = ['InvalidDataLengthError', 'InvalidDataLengthLengthError', 'InvalidMessageLengthError']

function isTooLong(error: unknown): boolean {
  return error instanceof Error && LENGTH_ERRORS.includes(error.name)
}

/**
 * GossipSub opens its outbound streams one after the other, each with a negotiation timeout of seconds: one
 * dead peer holds up all others. Ours open side by side, one at a time per peer. Every RPC of GossipSub's own
 * then passes through `frame`, which adds what waits for the peer.
 */
function takeOutbound(inner: Internals, events: RouterEvents, log: Logger): ReadonlySet<string> {
  const create = inner.createOutboundStream.bind(inner)
  const opening = new Set<string>()
  const next = new Map<string, Connection>()
  const open = async (peer: PeerId, id: string, connection: Connection): Promise<void> => {
    opening.add(id)
    try {
      await create(peer, connection)
    } catch (error) {
      // It catches what fails by itself, so far. If not: no link now, which is what the watchdog is there for.
      log.error('no gossip stream to %p - %e', peer, error)
    } finally {
      opening.delete(id)
    }
    const link = inner.streamsOutbound.get(id)
    const newer = next.get(id)
    next.delete(id)
    if (link !== undefined) {
      const sent = sentOn(link)
      link.push = rpc => {
        const frame = events.frame(id, rpc)
        sent.bytes += frame.byteLength
        link.rawStream.send(frame)
      }
    } else if (newer !== undefined && newer.status === 'open') await open(peer, id, newer)
  }
  inner.createOutboundStream = (peer, connection) => {
    const id = peer.toString()
    if (opening.has(id)) next.set(id, connection)
    else void open(peer, id, connection)
    return Promise.resolve()
  }
  return opening
}

function takeRemoval(inner: Internals, events: RouterEvents): void {
  const remove = inner.removePeer.bind(inner)
  inner.removePeer = peer => {
    remove(peer)
    events.onPeerGone(peer.toString())
  }
}

/** What was sent so far on each outbound stream. */
const SENT = new WeakMap<OutboundLink, { bytes: number }>()

function sentOn(link: OutboundLink): { bytes: number } {
  const sent = SENT.get(link) ?? { bytes: 0 }
  SENT.set(link, sent)
  return sent
}

function outletOf(link: OutboundLink): Outlet {
  const stream = link.rawStream
  const sent = sentOn(link)
  return {
    congested: () => stream.writableNeedsDrain || stream.writeBufferLength > CONGESTED_BYTES,
    send(frame) {
      // A stream that is closing but not yet gone refuses: the frame is lost as it would be a moment later.
      if (stream.writeStatus !== 'writable') return
      sent.bytes += frame.byteLength
      stream.send(frame)
    },
  }
}

function shiftClock(inner: Internals, stepMs: number): void {
  for (const peers of inner.backoff.values()) {
    for (const [peer, expiresAt] of peers) peers.set(peer, expiresAt + stepMs)
  }
  for (const [topic, at] of inner.fanoutLastpub) inner.fanoutLastpub.set(topic, at + stepMs)
  for (const stats of inner.score.peerStats.values()) stats.expire += stepMs
  inner.score.scoreCache.clear()
  inner.acceptFromWhitelist.clear()
  inner.gossipTracer.clear()
}

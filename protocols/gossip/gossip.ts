import type { Logger, PeerId, Startable } from '@libp2p/interface'
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import type { PeerMeter } from '../budget/guard.ts'
import type { BudgetName } from '../budget/limits.ts'
import { clockStepDetector } from './clock-step.ts'
import { Coalescer, type Queued } from './coalesce.ts'
import { type GossipCounters, gossipCounters } from './counters.ts'
import { type GossipComponents, openRouter, type Router } from './gossipsub-internals.ts'
import { gossipsubOptions, MAX_RPC_ENTRIES, type MeshDegree, POSITION_MESH, SEEN_TTL_MS } from './options.ts'
import { SeenMessages } from './seen.ts'
import { abortAll, LinkWatchdog } from './watchdog.ts'
import {
  controlEntries,
  encodeMessage,
  type MessageView,
  ownMessage,
  splitRpc,
  type WireMessage,
} from './wire.ts'

/** accept = deliver and relay; ignore = drop; reject = drop and score its sender down. */
type Verdict = 'accept' | 'ignore' | 'reject'

export interface GossipInit {
  /**
   * How long a relayed message may wait for others that leave for the same peer, ms.
   *
   * @default 20
   */
  readonly flushMs?: number
  /**
   * Messages that may wait for one peer. Past it the oldest ephemeral one is dropped (see coalesce.ts).
   *
   * @default 512
   */
  readonly maxQueuedPerPeer?: number
  /**
   * Degree of each topic's mesh.
   *
   * @default POSITION_MESH
   */
  readonly mesh?: MeshDegree
  /**
   * How often GossipSub mends its meshes, ms.
   *
   * @default 1000
   */
  readonly heartbeatMs?: number
  /**
   * Whether messages of this topic are worthless once the next one is there (positions). They are never
   * repaired (no IHAVE: offering ids of positions costs more than the positions) and are the first to be
   * dropped when a peer is slow.
   */
  ephemeral(topic: string): boolean
  /**
   * Whether messages are taken of a peer, before anything is remembered of them, and sent to it; subscriptions are.
   *
   * @default everyone's are
   */
  admits?(peer: string): boolean
  /**
   * Is told what each peer costs, before the work is done, and what no honest one does.
   *
   * @default nothing is counted
   */
  readonly meter?: PeerMeter
  /**
   * Judges a message, synchronously, once per message and before it is relayed: signature, format, age.
   * `from` is the peer it came from, not its author. `bytes` may be kept.
   */
  validate(topic: string, bytes: Uint8Array, from: string): Verdict
  /** An accepted message. `bytes` may be kept. */
  onMessage(topic: string, bytes: Uint8Array, from: string): void
}

export interface Gossip {
  /** Joins a topic. Throws before the node is started. */
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** Sends to the mesh of a topic, at once; not to ourselves. The bytes are copied. */
  publish(topic: string, bytes: Uint8Array): void
  meshPeers(topic: string): readonly string[]
  subscribers(topic: string): readonly string[]
  /** Gossip streams with a peer: both ways, one way, or none. */
  hasLink(peer: string): 'none' | 'half' | 'full'
  /** Message copies that wait to be sent, all peers together. */
  queued(): number
  readonly counters: Readonly<GossipCounters>
}

/**
 * GossipSub for swarms: a libp2p service (`services: { gossip: skeinGossip(…) }`) that shares meshes with any
 * GossipSub 1.0-1.2 peer of the same message ids (`messageId` of wire.ts) and without GossipSub signatures.
 */
export function skeinGossip(init: GossipInit): (components: GossipComponents) => Gossip {
  return components => new SkeinGossip(components, init)
}

class SkeinGossip implements Gossip, Startable {
  readonly [Symbol.toStringTag] = 'skein-gossip'
  readonly [serviceCapabilities] = ['@libp2p/pubsub']
  readonly [serviceDependencies] = ['@libp2p/identify']
  readonly counters: GossipCounters = gossipCounters()
  readonly #init: GossipInit
  readonly #components: GossipComponents
  readonly #minPublish: number
  readonly #log: Logger
  readonly #router: Router
  readonly #seen: SeenMessages
  readonly #coalescer: Coalescer
  readonly #watchdog: LinkWatchdog
  #clockStepMs = clockStepDetector()
  #topologies: string[] = []

  constructor(components: GossipComponents, init: GossipInit) {
    const mesh = init.mesh ?? POSITION_MESH
    this.#init = init
    this.#components = components
    this.#minPublish = mesh.Dlo
    this.#log = components.logger.forComponent('skein:gossip')
    // 2,000 messages a second for the whole time, some 12 MB; beyond that the memory gets shorter.
    this.#seen = new SeenMessages(SEEN_TTL_MS, (2_000 * SEEN_TTL_MS) / 1000)
    const options = gossipsubOptions({ mesh, heartbeatMs: init.heartbeatMs ?? 1000 })
    this.#router = openRouter(components, options, this.#seen, {
      onRpc: (peer, rpc) => this.#onRpc(peer, rpc),
      onGraylisted: (peer, rpc) => {
        this.counters.graylisted++
        init.meter?.spend(peer.toString(), 'gossip-bytes', rpc.byteLength)
      },
      onOversize: peer => init.meter?.fault(peer.toString(), 'oversize'),
      frame: (peer, rpc) => this.#coalescer.withQueued(peer, rpc),
      onPeerGone: peer => this.#coalescer.forget(peer),
      onHeartbeat: () => this.#onHeartbeat(),
    })
    this.#coalescer = new Coalescer({
      flushMs: init.flushMs ?? 20,
      maxQueuedPerPeer: init.maxQueuedPerPeer ?? 512,
      outlet: peer => this.#router.outlet(peer),
      unwanted: (peer, id) => this.#router.unwanted(peer, id),
      onOverrun: peer => this.#dropReader(peer),
      counters: this.counters,
    })
    this.#watchdog = new LinkWatchdog(this.#router, {
      onDead: peer => {
        this.counters.deadLinks++
        abortAll(components.connectionManager.getConnections(peer), 'its gossip link is half dead')
      },
      onUnread: peer => this.#dropReader(peer.toString()),
    })
  }

  queued(): number {
    return this.#coalescer.queued()
  }

  async start(): Promise<void> {
    this.#clockStepMs = clockStepDetector()
    const { registrar } = this.#components
    // Of its own, beside GossipSub's: GossipSub forgets a peer whose stream failed, the watchdog must not.
    const topology = {
      notifyOnLimitedConnection: true,
      onConnect: (peer: PeerId) => this.#watchdog.peerConnected(peer),
      onDisconnect: (peer: PeerId) => this.#watchdog.peerDisconnected(peer),
    }
    this.#topologies = await Promise.all(
      this.#router.protocols.map(protocol => registrar.register(protocol, topology)),
    )
    await this.#router.start()
  }

  async stop(): Promise<void> {
    for (const id of this.#topologies) this.#components.registrar.unregister(id)
    this.#topologies = []
    this.#watchdog.stop()
    this.#coalescer.stop()
    await this.#router.stop()
  }

  subscribe(topic: string): void {
    this.#router.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    this.#router.unsubscribe(topic)
  }

  publish(topic: string, bytes: Uint8Array): void {
    const message = this.#queued(encodeMessage(topic, bytes))
    if (this.#seen.has(message.id)) return
    this.#seen.put(message.id)
    this.counters.published++
    if (!message.ephemeral) this.#router.remember(message.id, topic, message.data)
    for (const peer of this.#router.publishTo(topic, this.#minPublish)) {
      if (this.#admits(peer)) this.#coalescer.publish(peer, message)
    }
  }

  meshPeers(topic: string): readonly string[] {
    return [...this.#router.mesh(topic)]
  }

  subscribers(topic: string): readonly string[] {
    return [...this.#router.subscribers(topic)]
  }

  hasLink(peer: string): 'none' | 'half' | 'full' {
    const { outbound, inbound } = this.#router.link(peer)
    if (outbound && inbound) return 'full'
    return outbound || inbound ? 'half' : 'none'
  }

  /** A reader that reads nothing is dropped, not waited for; what it missed it gets from others, or by anti-entropy. */
  #dropReader(peer: string): void {
    this.counters.unread++
    this.#init.meter?.fault(peer, 'unread')
    this.#coalescer.forget(peer)
    const connections = this.#components.connectionManager.getConnections()
    abortAll(
      connections.filter(({ remotePeer }) => remotePeer.toString() === peer),
      'it reads nothing of what is sent to it',
    )
  }

  #admits(peer: string): boolean {
    return this.#init.admits?.(peer) !== false
  }

  #queued(message: WireMessage): Queued {
    return Object.assign(message, { ephemeral: this.#init.ephemeral(message.topic) })
  }

  #onHeartbeat(): void {
    const stepMs = this.#clockStepMs()
    if (stepMs !== 0) {
      this.counters.clockSteps++
      this.#router.shiftClock(stepMs)
    }
    this.#watchdog.heartbeat()
  }

  #onRpc(peer: PeerId, rpc: Uint8Array): void {
    this.counters.rpcsIn++
    const from = peer.toString()
    if (!this.#affords(from, 'gossip-bytes', rpc.byteLength)) return
    try {
      const { messages, rest } = splitRpc(rpc, MAX_RPC_ENTRIES)
      if (!this.#affords(from, 'gossip-messages', 1 + messages.length)) return
      if (this.#admits(from)) {
        for (const message of messages) this.#onMessage(from, rpc, message)
      }
      if (rest !== null && this.#affords(from, 'control', controlEntries(rest))) {
        this.#router.handleControl(peer, rest)
      }
    } catch {
      // Nothing but the decoders throws here, and they throw at nothing but the peer's bytes.
      this.counters.malformed++
      this.#router.penalize(from)
      this.#init.meter?.fault(from, 'malformed')
    }
  }

  #affords(peer: string, budget: BudgetName, amount: number): boolean {
    return this.#init.meter?.spend(peer, budget, amount) !== false
  }

  #onMessage(from: string, rpc: Uint8Array, view: MessageView | WireMessage): void {
    this.counters.messagesIn++
    this.counters.bytesIn += payloadBytes(view)
    this.#coalescer.received(from, view.id)
    if (this.#seen.has(view.id)) {
      this.counters.duplicates++
      return
    }
    const message = this.#queued(ownMessage(rpc, view))
    if (!this.#router.isSubscribed(message.topic)) {
      this.counters.offTopic++
      return
    }
    this.#seen.put(message.id)
    const verdict = this.#validate(message, from)
    if (verdict === 'accept') this.#accept(message, from)
    else if (verdict === 'ignore') this.counters.ignored++
    else {
      this.counters.rejected++
      this.#router.penalize(from)
      this.#init.meter?.fault(from, 'invalid')
    }
  }

  #validate(message: Queued, from: string): Verdict {
    try {
      return this.#init.validate(message.topic, message.data, from)
    } catch (error) {
      this.counters.handlerErrors++
      this.#log.error('validate threw for a message on %s - %e', message.topic, error)
      return 'ignore'
    }
  }

  #accept(message: Queued, from: string): void {
    this.counters.accepted++
    if (!message.ephemeral) this.#router.remember(message.id, message.topic, message.data)
    for (const peer of this.#router.mesh(message.topic)) {
      if (peer !== from && this.#admits(peer)) this.#coalescer.relay(peer, message)
    }
    try {
      this.#init.onMessage(message.topic, message.data, from)
    } catch (error) {
      this.counters.handlerErrors++
      this.#log.error('onMessage threw for a message on %s - %e', message.topic, error)
    }
  }
}

function payloadBytes(message: MessageView | WireMessage): number {
  return 'data' in message ? message.data.byteLength : message.dataEnd - message.dataStart
}

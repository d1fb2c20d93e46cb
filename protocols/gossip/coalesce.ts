import type { GossipCounters } from './counters.ts'
import { prefixLength, type WireMessage, writeVarint } from './wire.ts'

/** Bounds of one RPC that we send: within what any peer of ours (and stock GossipSub) takes. */
const MAX_RPC_BYTES = 48 * 1024
const MAX_RPC_MESSAGES = 128

/** The way to one peer. */
export interface Outlet {
  /** What was sent before is still waiting for the network: better keep the next here, where it can age out. */
  congested(): boolean
  /** Sends bytes that already carry their length prefix. */
  send(frame: Uint8Array): void
}

export interface CoalescerInit {
  /** How long a relayed message may wait for company, ms. */
  readonly flushMs: number
  readonly maxQueuedPerPeer: number
  /** The way to a peer, if there is one now. */
  outlet(peer: string): Outlet | undefined
  /** Whether the peer has told us (IDONTWANT) that it has this message. */
  unwanted(peer: string, id: string): boolean
  /** The peer has left a whole queue of messages unread that must not be dropped: it is to be let go. */
  onOverrun(peer: string): void
  readonly counters: GossipCounters
}

/** A message and whether the next one of its kind makes it worthless (a position) or not (everything else). */
export interface Queued extends WireMessage {
  readonly ephemeral: boolean
}

/**
 * Gathers what leaves for one peer into one RPC, one muxer frame, one socket write. A wake-up and a write per
 * message and peer is where the cost of gossip is once signatures are checked but once; GossipSub's RPC
 * carries any number of messages, so any GossipSub peer understands it.
 *
 * Rules:
 * - A relayed message waits for the flush: one timer per node, started by the first message that waits.
 * - What this node publishes itself leaves at once and takes along whatever waits for the same peers.
 * - Control RPCs (`withQueued`) leave at once and take it along too.
 * - A waiting message that the peer meanwhile sends to us is dropped: the peer has it.
 * - The queue of a peer is bounded. Overflow drops the oldest ephemeral message, for a newer position of the
 *   same author is behind it. All others (alarms, events) are never dropped: a peer that leaves a whole queue of
 *   them unread is dropped itself, and gets them by anti-entropy when it is back.
 * - Nothing is pushed into a congested stream; its queue waits for the next flush, under the same bound.
 */
export class Coalescer {
  readonly #init: CoalescerInit
  readonly #queues = new Map<string, Map<string, Queued>>()
  #timer: NodeJS.Timeout | undefined

  constructor(init: CoalescerInit) {
    this.#init = init
  }

  /** Copies that wait, all peers together. */
  queued(): number {
    let copies = 0
    for (const queue of this.#queues.values()) copies += queue.size
    return copies
  }

  /** Queues a message for a peer until the flush. */
  relay(peer: string, message: Queued): void {
    this.#enqueue(peer, message)
    this.#flushLater()
  }

  /** Sends a message now, with everything that waits for the same peer. */
  publish(peer: string, message: Queued): void {
    const queue = this.#enqueue(peer, message)
    if (queue !== null && !this.#flush(peer, queue)) this.#flushLater()
  }

  /** The peer has sent us this message, so it needs no copy from us. */
  received(peer: string, id: string): void {
    if (this.#queues.get(peer)?.delete(id) === true) this.#init.counters.suppressed++
  }

  /** An RPC (subscriptions, control) that leaves now, framed, with everything that waits for the peer. */
  withQueued(peer: string, rpc: Uint8Array): Uint8Array {
    return this.#pack(peer, this.#queues.get(peer), rpc)
  }

  /** The peer is gone, and so is what waited for it. */
  forget(peer: string): void {
    this.#queues.delete(peer)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#queues.clear()
  }

  /** Null: the queue was full of messages that must not be dropped, and the peer is no more. */
  #enqueue(peer: string, message: Queued): Map<string, Queued> | null {
    let queue = this.#queues.get(peer)
    if (queue === undefined) {
      queue = new Map()
      this.#queues.set(peer, queue)
    }
    if (queue.size >= this.#init.maxQueuedPerPeer && !this.#makeRoom(queue, message)) {
      if (message.ephemeral) return queue
      this.#queues.delete(peer)
      this.#init.onOverrun(peer)
      return null
    }
    queue.set(message.id, message)
    return queue
  }

  #makeRoom(queue: Map<string, Queued>, { ephemeral }: Queued): boolean {
    const oldest = oldestEphemeral(queue)
    if (oldest !== undefined) queue.delete(oldest)
    if (oldest !== undefined || ephemeral) this.#init.counters.overflowed++
    return oldest !== undefined
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(this.#flushAll, this.#init.flushMs)
  }

  readonly #flushAll = (): void => {
    this.#timer = undefined
    let waiting = false
    for (const [peer, queue] of this.#queues) {
      if (queue.size > 0 && !this.#flush(peer, queue)) waiting = true
    }
    if (waiting) this.#flushLater()
  }

  /** False: the peer's stream is congested and the queue stays. */
  #flush(peer: string, queue: Map<string, Queued>): boolean {
    const outlet = this.#init.outlet(peer)
    if (outlet === undefined) {
      this.#queues.delete(peer)
      return true
    }
    if (outlet.congested()) {
      this.#init.counters.congested++
      return false
    }
    const frame = this.#pack(peer, queue, null)
    if (frame.byteLength > 0) outlet.send(frame)
    return true
  }

  /** Empties a queue into the bytes of as few RPCs as the bounds allow, each with its length prefix. */
  #pack(peer: string, queue: Map<string, Queued> | undefined, head: Uint8Array | null): Uint8Array {
    const { counters, unwanted } = this.#init
    const rpcs: Uint8Array[][] = []
    let open: Uint8Array[] = []
    let bytes = 0
    if (head !== null) {
      open.push(head)
      bytes = head.byteLength
      rpcs.push(open)
    }
    for (const message of queue?.values() ?? []) {
      if (unwanted(peer, message.id)) continue
      const full = bytes + message.field.byteLength > MAX_RPC_BYTES || open.length >= MAX_RPC_MESSAGES
      if (rpcs.length === 0 || (full && open.length > 0)) {
        open = []
        bytes = 0
        rpcs.push(open)
      }
      open.push(message.field)
      bytes += message.field.byteLength
      counters.messagesOut++
      counters.bytesOut += message.data.byteLength
    }
    queue?.clear()
    counters.rpcsOut += rpcs.length
    return frameRpcs(rpcs)
  }
}

function oldestEphemeral(queue: ReadonlyMap<string, Queued>): string | undefined {
  for (const [id, message] of queue) {
    if (message.ephemeral) return id
  }
  return undefined
}

function frameRpcs(rpcs: readonly (readonly Uint8Array[])[]): Uint8Array {
  const lengths = rpcs.map(rpc => rpc.reduce((sum, part) => sum + part.byteLength, 0))
  const frame = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + prefixLength(length) + length, 0))
  let at = 0
  rpcs.forEach((rpc, index) => {
    at = writeVarint(frame, at, lengths[index] ?? 0)
    for (const part of rpc) {
      frame.set(part, at)
      at += part.byteLength
    }
  })
  return frame
}

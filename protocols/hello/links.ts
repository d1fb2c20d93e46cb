import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { AgentId, CellId } from '../../src/ports.ts'
import type { FaultName } from '../budget/limits.ts'
import { type FrameLink, frameLink } from '../stream/frames.ts'
import {
  HELLO_FRAME_MAX,
  HELLO_PROTOCOL,
  type Hello,
  type Introduction,
  introductionFrames,
} from './codec.ts'
import { HANG_UP_WITHIN_US, HELLO_WITHIN_US, Link, type LinkEffect, type LinkEnd } from './link.ts'

/** Silence is noticed this much later than it is silence. */
const TICK_MS = 250
const CLOSE_WITHIN_MS = 2_000
/** One pulse a second, and now and then introductions. */
const FRAMES_PER_S = 10
const INTRODUCE_EVERY_US = 1_000_000
/** A tick this late means that our own process stood still. */
const STALLED_US = 1_000_000

/** What a node is told about its peers. */
export interface LinksInit {
  readonly libp2p: Libp2p
  /** What is said of ourselves now. */
  readonly self: () => Hello
  /** Why a peer is not let in, for it to read; null = it is. */
  readonly judge: (peer: AgentId, hello: Hello) => string | null
  /** Monotonic µs and wall ms. */
  readonly now: () => { readonly monoUs: number; readonly wallMs: number }
  /** The cell flown in; '' = none. */
  readonly cell: () => CellId | ''
  /**
   * With so many peers up, others that knock are introduced to some of them and turned away.
   *
   * @default no limit
   */
  readonly maxPeers?: number
  /** Whom to introduce to a peer that came up, or into another cell, or is turned away. */
  readonly introduce: (to: AgentId) => readonly Introduction[]
  /** A first link to the peer is up. */
  readonly onUp: (peer: AgentId, hello: Hello, connection: Connection) => void
  /** The last link to the peer ended; `lost` = the connection broke without a word. */
  readonly onDown: (peer: AgentId, end: LinkEnd | { readonly t: 'lost' }) => void
  readonly onRtt: (rttMs: number) => void
  readonly onIntroduced: (from: AgentId, peers: readonly Introduction[]) => void
  /** Whether a peer, let in or not, may send one more frame, all its links together. @default always */
  readonly takes?: (peer: AgentId) => boolean
  /** A peer, let in or not, did on its hello stream what no honest one does. @default not told */
  readonly onFault?: (peer: AgentId, fault: FaultName) => void
}

interface Carried {
  readonly link: Link
  readonly connection: Connection
  frames: FrameLink | null
  end: LinkEnd | null
  introducedUs: number
}

/** All links of a node: opens one on every connection, keeps it beating, and says who is up and who is down. */
export class Links {
  readonly #init: LinksInit
  readonly #carried = new Map<Connection, Carried>()
  readonly #up = new Map<AgentId, Set<Carried>>()
  readonly #admissions = new WeakMap<Connection, PromiseWithResolvers<void>>()
  #started = false
  /** Runs while there is a connection: a node on its own has nothing to wake up for. */
  #timer: NodeJS.Timeout | null = null
  #lastTickUs = 0

  constructor(init: LinksInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    const { libp2p } = this.#init
    await libp2p.handle(HELLO_PROTOCOL, (stream, connection) => this.#carry(connection, stream), {
      runOnLimitedConnection: true,
      maxInboundStreams: 2,
    })
    libp2p.addEventListener('connection:open', this.#onOpen)
    libp2p.addEventListener('connection:close', this.#onClose)
    this.#started = true
  }

  /** Says goodbye to everyone and stops; more than once is fine. */
  async stop(reason: string): Promise<void> {
    if (!this.#started) return
    this.#started = false
    this.#rest()
    const { libp2p } = this.#init
    libp2p.removeEventListener('connection:open', this.#onOpen)
    libp2p.removeEventListener('connection:close', this.#onClose)
    for (const carried of this.#carried.values()) this.#perform(carried, carried.link.goodbye(reason))
    await this.#untilTheyHangUp()
    await libp2p.unhandle(HELLO_PROTOCOL)
  }

  /**
   * Hanging up first would take the goodbye back: a socket that is closed with something unread in it, as there
   * always is in a swarm, resets, and a reset discards what the other side has not read yet.
   */
  async #untilTheyHangUp(): Promise<void> {
    const { libp2p } = this.#init
    const open = new Set(
      [...this.#carried].flatMap(([connection, { frames }]) => (frames ? [connection] : [])),
    )
    if (open.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const onClose = (event: CustomEvent<Connection>): void => {
      open.delete(event.detail)
      if (open.size === 0) resolve()
    }
    libp2p.addEventListener('connection:close', onClose)
    const timer = setTimeout(resolve, HANG_UP_WITHIN_US / 1000)
    await promise
    clearTimeout(timer)
    libp2p.removeEventListener('connection:close', onClose)
  }

  /** The link in use with a peer that is up. */
  link(peer: AgentId): Link | undefined {
    return this.#first(peer)?.link
  }

  connection(peer: AgentId): Connection | undefined {
    return this.#first(peer)?.connection
  }

  /** Resolves when the peer at the other end was let in; rejects when the connection ends before. */
  admitted(connection: Connection): Promise<void> {
    return this.#admission(connection).promise
  }

  /** Tells a peer why, and lets go of it. */
  expel(peer: AgentId, reason: string): void {
    for (const carried of [...(this.#up.get(peer) ?? [])]) this.#perform(carried, carried.link.expel(reason))
  }

  /** Tells a peer that is up of others. */
  introduce(to: AgentId, peers: readonly Introduction[]): void {
    for (const frame of introductionFrames(peers)) this.#first(to)?.frames?.send(frame)
  }

  peers(): readonly AgentId[] {
    return [...this.#up.keys()]
  }

  #admission(connection: Connection): PromiseWithResolvers<void> {
    const known = this.#admissions.get(connection)
    if (known !== undefined) return known
    const admission = Promise.withResolvers<void>()
    // Nobody may be waiting.
    admission.promise.catch(() => {})
    this.#admissions.set(connection, admission)
    return admission
  }

  #first(peer: AgentId): Carried | undefined {
    return this.#up.get(peer)?.values().next().value
  }

  readonly #onOpen = (event: CustomEvent<Connection>): void => {
    const connection = event.detail
    const peer = connection.remotePeer.toString()
    const { now, self, judge } = this.#init
    const { monoUs } = now()
    const carried: Carried = {
      link: new Link({ self, judge: hello => judge(peer, hello) }, monoUs),
      connection,
      frames: null,
      end: null,
      introducedUs: Number.NEGATIVE_INFINITY,
    }
    this.#carried.set(connection, carried)
    this.#watch(monoUs)
    // The side that dialed opens the stream; the other waits for it, at most until the hello is overdue.
    if (connection.direction !== 'outbound') return
    connection
      .newStream(HELLO_PROTOCOL, {
        runOnLimitedConnection: true,
        signal: AbortSignal.timeout(HELLO_WITHIN_US / 1000),
      })
      .then(stream => this.#carry(connection, stream))
      .catch((error: Error) => connection.abort(error))
  }

  readonly #onClose = (event: CustomEvent<Connection>): void => {
    this.#admission(event.detail).reject(new Error('the connection ended before the peer was let in'))
    const carried = this.#carried.get(event.detail)
    this.#carried.delete(event.detail)
    if (this.#carried.size === 0) this.#rest()
    if (carried !== undefined) this.#down(carried)
  }

  #watch(monoUs: number): void {
    if (this.#timer !== null) return
    this.#lastTickUs = monoUs
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #carry(connection: Connection, stream: Stream): void {
    const carried = this.#carried.get(connection)
    if (carried === undefined || carried.frames !== null) {
      stream.abort(new Error('one hello stream a connection'))
      return
    }
    carried.frames = frameLink({
      stream,
      maxFrameBytes: HELLO_FRAME_MAX,
      maxFramesPerS: FRAMES_PER_S,
      takes: () => this.#init.takes?.(connection.remotePeer.toString()) ?? true,
      onFrame: frame => {
        const { monoUs, wallMs } = this.#init.now()
        this.#perform(carried, carried.link.receive(frame, monoUs, wallMs))
      },
      onFault: fault => this.#init.onFault?.(connection.remotePeer.toString(), fault),
      // Without this stream nobody can tell that the peer lives: the connection goes with it.
      onEnd: () => hangUp(connection),
    })
    if (connection.direction === 'outbound') this.#perform(carried, carried.link.open())
  }

  /** Whom we dialed we want; and a second connection with a peer takes no room. */
  #hasRoomFor({ connection }: Carried): boolean {
    if (connection.direction === 'outbound' || this.#up.has(connection.remotePeer.toString())) return true
    return this.#up.size < (this.#init.maxPeers ?? Number.POSITIVE_INFINITY)
  }

  #tick(): void {
    const { monoUs, wallMs } = this.#init.now()
    const stalled = monoUs - this.#lastTickUs > TICK_MS * 1000 + STALLED_US
    this.#lastTickUs = monoUs
    const cell = this.#init.cell()
    for (const carried of [...this.#carried.values()]) {
      if (stalled) carried.link.forgive(monoUs)
      this.#perform(carried, carried.link.tick(monoUs, wallMs, cell))
    }
  }

  #perform(carried: Carried, effects: readonly LinkEffect[]): void {
    const { connection, frames } = carried
    const peer = connection.remotePeer.toString()
    for (const effect of effects) {
      if (effect.t === 'send') frames?.send(effect.frame)
      else if (effect.t === 'moved') this.#introduce(carried, peer)
      else if (effect.t === 'rtt') this.#init.onRtt(effect.rttMs)
      else if (effect.t === 'introduced') this.#init.onIntroduced(peer, effect.peers)
      else if (effect.t === 'malformed') this.#init.onFault?.(peer, 'malformed')
      else if (effect.t === 'up') this.#greeted(carried, peer, effect.hello)
      else {
        carried.end = effect.end
        if (effect.end.t === 'silent') connection.abort(new Error('the peer is silent'))
        else hangUp(connection)
      }
    }
  }

  #greeted(carried: Carried, peer: AgentId, hello: Hello): void {
    const { link } = carried
    if (!this.#hasRoomFor(carried)) {
      this.#perform(carried, link.turnAway(this.#init.introduce(peer), this.#init.now().monoUs))
      return
    }
    this.#perform(carried, link.open())
    const links = this.#up.get(peer) ?? new Set()
    // Of an earlier run of its process nothing is left but our side of a connection.
    for (const old of links) if (old.link.hello?.instance !== hello.instance) hangUp(old.connection)
    links.add(carried)
    this.#admission(carried.connection).resolve()
    this.#up.set(peer, links)
    this.#introduce(carried, peer)
    if (links.size === 1) this.#init.onUp(peer, hello, carried.connection)
  }

  /** Once a second at most: who is told more often only makes us work. */
  #introduce(carried: Carried, peer: AgentId): void {
    const { monoUs } = this.#init.now()
    if (monoUs - carried.introducedUs < INTRODUCE_EVERY_US) return
    carried.introducedUs = monoUs
    for (const frame of introductionFrames(this.#init.introduce(peer))) carried.frames?.send(frame)
  }

  #down(carried: Carried): void {
    const peer = carried.connection.remotePeer.toString()
    const links = this.#up.get(peer)
    if (links === undefined) {
      if (carried.end !== null) this.#init.onDown(peer, carried.end)
      return
    }
    if (!links.delete(carried) || links.size > 0) return
    this.#up.delete(peer)
    this.#init.onDown(peer, carried.end ?? { t: 'lost' })
  }
}

/** Closes in good order; a peer that doesn't let us is cut off, or it would stay, connected and unwatched. */
function hangUp(connection: Connection): void {
  connection
    .close({ signal: AbortSignal.timeout(CLOSE_WITHIN_MS) })
    .catch((error: Error) => connection.abort(error))
}

import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { AgentId } from '../../src/ports.ts'
import type { PeerMeter } from '../budget/guard.ts'
import { type FrameLink, frameLink } from '../stream/frames.ts'
import { SYNC_FRAME_MAX, SYNC_PROTOCOL } from './codec.ts'

/** A digest each five seconds, its delta, and as much again for what others ask; ten times that is no accident. */
const FRAMES_PER_S = 5

export interface SyncStreamsInit {
  readonly libp2p: Libp2p
  /** The connection in use with a peer that is up. */
  readonly connection: (peer: AgentId) => Connection | undefined
  readonly meter: PeerMeter
  /** A frame of a peer; what it throws ends the stream. */
  readonly onFrame: (from: AgentId, frame: Uint8Array) => void
}

/** One long-lived stream each way per peer: opening a stream costs ten times what a frame costs. */
export class SyncStreams {
  readonly #init: SyncStreamsInit
  readonly #outgoing = new Map<AgentId, Promise<FrameLink | null>>()

  constructor(init: SyncStreamsInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    const options = { runOnLimitedConnection: true, maxInboundStreams: 2 }
    await this.#init.libp2p.handle(
      SYNC_PROTOCOL,
      (stream, connection) => this.#listen(stream, connection),
      options,
    )
  }

  async stop(): Promise<void> {
    await this.#init.libp2p.unhandle(SYNC_PROTOCOL)
    this.#outgoing.clear()
  }

  /** Sends a frame, or drops it if the peer can't be reached: the next round makes up for it. */
  async send(to: AgentId, frame: Uint8Array): Promise<void> {
    const link = await (this.#outgoing.get(to) ?? this.#open(to))
    link?.send(frame)
  }

  #listen(stream: Stream, connection: Connection): void {
    const { meter, onFrame } = this.#init
    const from = connection.remotePeer.toString()
    // A peer that is up has had our hello before it can open this stream, and we its.
    if (this.#init.connection(from) === undefined) {
      stream.abort(new Error('say hello first'))
      return
    }
    frameLink({
      stream,
      maxFrameBytes: SYNC_FRAME_MAX,
      maxFramesPerS: FRAMES_PER_S,
      takes: () => meter.spend(from, 'sync-frames', 1),
      onFrame: frame => {
        if (meter.spend(from, 'sync-bytes', frame.byteLength)) onFrame(from, frame)
      },
      onFault: fault => meter.fault(from, fault),
    })
  }

  #open(to: AgentId): Promise<FrameLink | null> {
    // Only of this stream: by the time it ends there may be another.
    const forget = () => {
      if (this.#outgoing.get(to) === opening) this.#outgoing.delete(to)
    }
    const opening: Promise<FrameLink | null> = this.#newStream(to, forget)
      .catch(() => null)
      .then(link => {
        if (link === null) forget()
        return link
      })
    this.#outgoing.set(to, opening)
    return opening
  }

  async #newStream(to: AgentId, onEnd: () => void): Promise<FrameLink | null> {
    const connection = this.#init.connection(to)
    if (connection === undefined) return null
    const signal = AbortSignal.timeout(3_000)
    const stream = await connection.newStream(SYNC_PROTOCOL, { runOnLimitedConnection: true, signal })
    return frameLink({
      stream,
      maxFrameBytes: SYNC_FRAME_MAX,
      maxFramesPerS: 1,
      onFrame: () => {},
      onFault: fault => this.#init.meter.fault(to, fault),
      onEnd,
    })
  }
}

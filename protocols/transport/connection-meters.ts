import type { MessageStream } from '@libp2p/interface'
import type { yamux } from '@libp2p/yamux'
import type { AgentId } from '../../src/ports.ts'
import type { PeerMeter } from '../budget/guard.ts'
import type { Admit, Secured } from './lean-noise.ts'

/** The flag of the frame that opens a stream. The library exports no name for it. */
const SYN = 1

/** What is private in the library's muxer. All uses are in this file. */
interface FrameTaker {
  handleFrame(frame: { readonly header: { readonly flag: number; readonly streamID: number } }): void
}

interface Metered {
  readonly peer: string
  /** Handled since the last read: a read holds 5,000 at most, and they are cheaper counted together. */
  frames: number
}

/**
 * Tells a meter what the peer of each connection sends: bytes before they are decrypted, streams before they are
 * opened, muxer frames at the next read. Once the peer is out nothing of it is read any more, so that hanging up in good order
 * (with a goodbye) costs no more than hanging up at once.
 */
export class ConnectionMeters {
  readonly #meter: PeerMeter
  readonly #isIn: (peer: AgentId) => boolean
  readonly #metered = new WeakMap<MessageStream, Metered>()

  /** `isIn`: whether a peer was let in. Until then what it sends is counted once more. @default everyone is */
  constructor(meter: PeerMeter, isIn: (peer: AgentId) => boolean = () => true) {
    this.#meter = meter
    this.#isIn = isIn
  }

  /** For the encrypter. */
  readonly bytes = ({ connection, remotePeer }: Secured, below: MessageStream): Admit => {
    const peer = remotePeer.toString()
    const metered: Metered = { peer, frames: 0 }
    this.#metered.set(connection, metered)
    const budget = isRelayed(below) ? 'relayed' : 'link'
    return bytes => {
      const { frames } = metered
      metered.frames = 0
      const affords =
        (frames === 0 || this.#meter.spend(peer, 'frames', frames)) &&
        (this.#isIn(peer) || this.#meter.spend(peer, 'unadmitted', bytes))
      if (affords && this.#meter.spend(peer, budget, bytes)) return true
      if (connection.status === 'open') connection.pause()
      return false
    }
  }

  /** For the muxer above that encrypter. */
  frames(inner: ReturnType<typeof yamux>): ReturnType<typeof yamux> {
    return () => {
      const factory = inner()
      const create = factory.createStreamMuxer.bind(factory)
      factory.createStreamMuxer = connection => {
        const muxer = create(connection)
        const metered = this.#metered.get(connection)
        if (metered !== undefined) this.#count(muxer as unknown as FrameTaker, metered)
        return muxer
      }
      return factory
    }
  }

  #count(muxer: FrameTaker, metered: Metered): void {
    const handle = muxer.handleFrame.bind(muxer)
    muxer.handleFrame = frame => {
      metered.frames++
      const { flag, streamID } = frame.header
      const opens = (flag & SYN) !== 0 && streamID !== 0
      if (!opens || this.#meter.spend(metered.peer, 'streams', 1)) handle(frame)
    }
  }
}

/** Whether a connection runs through a relay. Without an address it is none that a transport of ours made. */
function isRelayed(below: MessageStream): boolean {
  return 'remoteAddr' in below && String(below.remoteAddr).includes('/p2p-circuit')
}

import { type YamuxMuxerInit, yamux } from '@libp2p/yamux'
import type { YamuxStream } from '@libp2p/yamux/stream'

/**
 * The states in which a stream still owes its peer a flag (SYN, ACK) that travels on the next window update.
 * The library exports no names for them.
 */
const STATE_INIT = 0
const STATE_SYN_RECEIVED = 2

/** What is private in the library's stream and decides when an update is due. All uses are in this file. */
interface Window {
  readonly state: number
  /** Bytes of a full window. */
  readonly recvWindow: number
  /** Bytes the peer may still send before it has to wait. */
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}

interface StreamOpener {
  _newStream(streamId: number, state: number, direction: 'inbound' | 'outbound'): YamuxStream
}

/**
 * Yamux that tells the sender about new room only when half the window is used up, as the Go, Rust and Python
 * implementations do; the JavaScript one answers every data frame with a WINDOW_UPDATE frame, which doubles the
 * packets of small messages. Only the moment of a legal frame changes, so any yamux may be at the other end:
 * a sender that ran dry has used the whole window, hence more than half of it, hence has been answered.
 *
 * @param init as for `yamux()`
 */
export function halfWindowYamux(init: YamuxMuxerInit = {}): ReturnType<typeof yamux> {
  const stock = yamux(init)
  return () => {
    const factory = stock()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const muxer = create(connection)
      const opener = muxer as unknown as StreamOpener
      const open = opener._newStream.bind(muxer)
      opener._newStream = (streamId, state, direction) => updateAtHalf(open(streamId, state, direction))
      return muxer
    }
    return factory
  }
}

function updateAtHalf(stream: YamuxStream): YamuxStream {
  const window = stream as unknown as Window
  const update = window.sendWindowUpdate.bind(stream)
  window.sendWindowUpdate = () => {
    const owesFlag = window.state === STATE_INIT || window.state === STATE_SYN_RECEIVED
    const used = window.recvWindow - window.recvWindowCapacity
    if (owesFlag || used * 2 >= window.recvWindow) update()
  }
  return stream
}

import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import { encode as lengthPrefixed } from 'it-length-prefixed'

/** Length-prefixed frames over one long-lived libp2p stream. */
export interface FrameLink {
  /** False if the frame was not taken: the stream is closed, or its reader is too slow. */
  send(frame: Uint8Array): boolean
  /** Bytes that wait for the reader. */
  unsentBytes(): number
  close(): Promise<void>
  abort(reason: Error): void
}

export interface FrameLinkInit {
  readonly stream: Stream
  /** A longer frame ends the stream. */
  readonly maxFrameBytes: number
  /** A reader that leaves more than this unread is dropped, not waited for. @default 1 MiB */
  readonly maxUnsentBytes?: number
  /** Called for each frame, synchronously on arrival, so that nothing piles up. What it throws ends the stream. */
  readonly onFrame: (frame: Uint8Array) => void
  /** Called once when the stream is over; with the error if it did not end well. */
  readonly onEnd?: (error?: Error) => void
}

/** Reads by events, since iterating a stream has no bound on what waits (an unbounded queue). */
export function frameLink(init: FrameLinkInit): FrameLink {
  const { stream, maxFrameBytes, onFrame, onEnd } = init
  const maxUnsentBytes = init.maxUnsentBytes ?? 1 << 20
  const decoder = new LengthPrefixedDecoder({
    maxDataLength: maxFrameBytes,
    maxBufferSize: 2 * maxFrameBytes + 8,
  })
  stream.addEventListener('message', (event: StreamMessageEvent) => {
    try {
      for (const frame of decoder.decode(event.data)) onFrame(frame.subarray())
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    }
  })
  stream.addEventListener('close', event => onEnd?.(event.error), { once: true })
  // The other side ended its half: so do we, or the stream would stay half-open for good.
  stream.addEventListener('remoteCloseWrite', () => void stream.close().catch(() => {}), { once: true })
  return {
    send(frame) {
      if (stream.status !== 'open') return false
      if (stream.writeBufferLength > maxUnsentBytes) {
        stream.abort(new Error(`the peer leaves more than ${maxUnsentBytes} bytes unread`))
        return false
      }
      stream.send(lengthPrefixed.single(frame))
      return true
    },
    unsentBytes: () => stream.writeBufferLength,
    close: () => stream.close(),
    abort: reason => stream.abort(reason),
  }
}

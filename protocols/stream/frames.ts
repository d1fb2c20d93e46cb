import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import { encode as lengthPrefixed } from 'it-length-prefixed'
import { Bucket } from '../budget/bucket.ts'
import type { FaultName } from '../budget/limits.ts'
import { FrameError } from '../frame-error.ts'

/** Length-prefixed frames over one long-lived libp2p stream. */
export interface FrameLink {
  /** False if the frame was not taken: the stream is closed or closing, or its reader is too slow. Throws nothing. */
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
  /** A peer that sends more frames a second than this for longer than a burst is cut off. */
  readonly maxFramesPerS: number
  /**
   * Asked before each frame whether the peer may send one more, on all its streams together: those that it ends and
   * opens anew begin a new burst. False ends the stream. @default always
   */
  readonly takes?: () => boolean
  /** A reader that leaves more than this unread is dropped, not waited for. @default 1 MiB */
  readonly maxUnsentBytes?: number
  /** Called for each frame, synchronously on arrival, so that nothing piles up. What it throws ends the stream. */
  readonly onFrame: (frame: Uint8Array) => void
  /** The peer did what no honest one does; the stream is ended for it. */
  readonly onFault?: (fault: FaultName) => void
  /** Called once when the stream is over; with the error if it did not end well. */
  readonly onEnd?: (error?: Error) => void
}

/** A node that stood still for half a minute finds that much waiting, and none of it is an attack. */
const BURST_S = 30

/** Reads by events, since iterating a stream has no bound on what waits (an unbounded queue). */
export function frameLink(init: FrameLinkInit): FrameLink {
  const { stream, maxFrameBytes, maxFramesPerS, onFrame, onEnd } = init
  const maxUnsentBytes = init.maxUnsentBytes ?? 1 << 20
  const decoder = new LengthPrefixedDecoder({
    maxDataLength: maxFrameBytes,
    maxBufferSize: 2 * maxFrameBytes + 8,
  })
  const budget = new Bucket(maxFramesPerS, maxFramesPerS * BURST_S)
  const end = (error: Error, fault: FaultName): void => {
    init.onFault?.(fault)
    stream.abort(error)
  }
  stream.addEventListener('message', (event: StreamMessageEvent) => {
    try {
      for (const piece of piecesOf(event.data, maxFrameBytes)) {
        for (const frame of decoder.decode(piece)) {
          if (!budget.take(performance.now()))
            return end(new Error(`more than ${maxFramesPerS} frames a second`), 'frame-rate')
          // Whoever keeps that budget has blamed the peer for it.
          if (init.takes?.() === false) return stream.abort(new Error('more frames than one peer may send'))
          onFrame(frame.subarray())
        }
      }
    } catch (error) {
      if (error instanceof FrameError) end(error, 'malformed')
      else if (isTooLong(error)) end(error, 'oversize')
      else stream.abort(asError(error))
    }
  })
  stream.addEventListener('close', event => onEnd?.(event.error), { once: true })
  // The other side ended its half: so do we, or the stream would stay half-open for good.
  stream.addEventListener('remoteCloseWrite', () => void stream.close().catch(() => {}), { once: true })
  return {
    send(frame) {
      // A stream that closes with bytes still unsent is `open`, yet throws at whoever writes to it.
      if (stream.status !== 'open' || stream.writeStatus !== 'writable') return false
      if (stream.writeBufferLength > maxUnsentBytes) {
        end(new Error(`the peer leaves more than ${maxUnsentBytes} bytes unread`), 'unread')
        return false
      }
      try {
        stream.send(lengthPrefixed.single(frame))
        return true
      } catch (error) {
        stream.abort(asError(error))
        return false
      }
    },
    unsentBytes: () => stream.writeBufferLength,
    close: () => stream.close(),
    abort: reason => stream.abort(reason),
  }
}

/** What came in, in pieces that the decoder has room for whatever it holds: much comes at once when it had to wait. */
function* piecesOf(
  data: StreamMessageEvent['data'],
  maxBytes: number,
): Generator<StreamMessageEvent['data']> {
  if (data.byteLength <= maxBytes) {
    yield data
    return
  }
  const bytes = data.subarray()
  for (let at = 0; at < bytes.byteLength; at += maxBytes) yield bytes.subarray(at, at + maxBytes)
}

/** What the decoder says of a length beyond ours, and when it runs out of room for one that has no end. */
const LENGTH_ERRORS = ['InvalidMessageLengthError', 'InvalidParametersError']

function isTooLong(error: unknown): error is Error {
  return error instanceof Error && LENGTH_ERRORS.includes(error.name)
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

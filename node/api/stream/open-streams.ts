import type { ServerResponse } from 'node:http'
import type { Logger } from '../../log.ts'
import type { HttpStream } from '../../metrics/http.ts'
import type { ApiMetrics } from '../interface.ts'

/** A stream as its source sees it. */
interface StreamHandle {
  /** Aborted when the reader is gone, was dropped, or the server ends. */
  readonly signal: AbortSignal
  /** Throws the reader out, now, though it is not reading: its connection breaks. */
  drop(reason: string): void
}

/**
 * What is sent, piece by piece; asked for the next piece only when the last one has left for the socket. A promise
 * of it holds up the answer: if it fails, so does the request.
 */
export type StreamSource = (
  handle: StreamHandle,
) => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>

interface Sending {
  readonly stream: HttpStream
  readonly outgoing: ServerResponse
  readonly signal: AbortSignal
  readonly finish: () => void
}

/** The answers that are being sent or made ready: counted, and ended together. */
export class OpenStreams {
  readonly #metrics: ApiMetrics
  readonly #log: Pick<Logger, 'debug' | 'error'>
  readonly #open = new Map<AbortController, HttpStream>()

  constructor(metrics: ApiMetrics, log: Pick<Logger, 'debug' | 'error'>) {
    this.#metrics = metrics
    this.#log = log
  }

  count(stream: HttpStream): number {
    let count = 0
    for (const name of this.#open.values()) if (name === stream) count += 1
    return count
  }

  /** Ends every stream cleanly: its readers see the end of the answer. */
  end(): void {
    for (const controller of this.#open.keys()) controller.abort()
  }

  /**
   * A body that pulls from `source`. It counts from now on, until its source fails or the exchange is over. Nothing is
   * buffered here: back-pressure of the socket reaches the source. When the source fails half-way the connection
   * breaks, so that a cut answer is never taken for a whole one.
   */
  async body(
    stream: HttpStream,
    outgoing: ServerResponse,
    source: StreamSource,
  ): Promise<ReadableStream<Uint8Array>> {
    const controller = new AbortController()
    const { signal } = controller
    this.#open.set(controller, stream)
    this.#count(stream)
    const finish = () => {
      controller.abort()
      if (this.#open.delete(controller)) this.#count(stream)
    }
    // Also of a body that nobody pulls, because its reader left while it was made ready.
    outgoing.once('close', finish)
    if (outgoing.closed) finish()
    const drop = (reason: string) => {
      if (signal.aborted) return
      this.#metrics.inc('skein_stream_readers_dropped_total', { stream })
      this.#log.debug({ stream, reason }, 'stream reader dropped')
      finish()
      outgoing.destroy()
    }
    try {
      const pieces = (await source({ signal, drop }))[Symbol.asyncIterator]()
      return this.#pull(pieces, { stream, outgoing, signal, finish })
    } catch (error) {
      finish()
      throw error
    }
  }

  #pull(
    pieces: AsyncIterator<Uint8Array>,
    { stream, outgoing, signal, finish }: Sending,
  ): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async sink => {
          const next = await pieces.next().catch(error => {
            if (!signal.aborted) this.#log.error({ err: error, stream }, 'stream broke off')
            outgoing.destroy()
            return { done: true as const, value: undefined }
          })
          if (next.done !== true) return sink.enqueue(next.value)
          finish()
          sink.close()
        },
        cancel: async () => {
          finish()
          await pieces.return?.()
        },
      },
      { highWaterMark: 0 },
    )
  }

  #count(stream: HttpStream): void {
    this.#metrics.set('skein_stream_clients', { stream }, this.count(stream))
  }
}

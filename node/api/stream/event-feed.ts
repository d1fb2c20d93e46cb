import type { HashedEvent } from '../../../src/eventlog/event.ts'
import type { SkeinNode } from '../../interface.ts'
import { sleep } from './wait.ts'

/** How soon to look again when the node told of an event that its log does not show yet. */
const LOG_RETRY_MS = 20

export interface EventFeedOptions {
  readonly node: Pick<SkeinNode, 'readLog' | 'onEvent'>
  /** The last event the reader has; it gets what follows. */
  readonly after: number
  readonly matches: (type: string) => boolean
  readonly queueMax: number
  readonly heartbeatMs: number
  readonly signal: AbortSignal
  /** More events wait than may. */
  readonly onOverflow: () => void
}

/** `idle`: nothing to say; the reader has all up to `seq`. `gap`: these are no longer kept. */
export type FeedItem =
  | { readonly t: 'event'; readonly event: HashedEvent }
  | { readonly t: 'gap'; readonly from: number; readonly to: number }
  | { readonly t: 'idle'; readonly seq: number }

/**
 * The events after a given one, each once, in order, without end. A reader that is behind reads the log, at its
 * own pace; one that has caught up is fed from a bounded queue. Whatever does not fit together (an event out of
 * turn) sends it back to the log, so there is one source of truth and no gap to think about.
 */
export class EventFeed {
  readonly #options: EventFeedOptions
  readonly #queue: HashedEvent[] = []
  /** All up to here was given, or did not match. */
  #seq: number
  /** The newest event the node told of. */
  #newest: number
  #live = false
  #wake: () => void = () => {}

  constructor(options: EventFeedOptions) {
    this.#options = options
    this.#seq = options.after
    this.#newest = options.after
  }

  async *items(): AsyncGenerator<FeedItem> {
    const { node, signal } = this.#options
    const stop = node.onEvent(event => this.#onEvent(event))
    try {
      yield { t: 'idle', seq: this.#seq }
      while (!signal.aborted) {
        if (!this.#live) yield* this.#catchUp()
        const event = this.#queue.shift()
        if (event !== undefined) {
          this.#seq = event.event.seq
          yield { t: 'event', event }
        } else if (this.#live) {
          this.#seq = this.#newest
          if (!(await this.#woken())) yield { t: 'idle', seq: this.#seq }
        }
      }
    } finally {
      stop()
    }
  }

  #onEvent(hashed: HashedEvent): void {
    const { seq, type } = hashed.event
    const inTurn = seq === this.#newest + 1
    this.#newest = Math.max(this.#newest, seq)
    // Behind: it will be read from the log.
    if (!this.#live) return
    if (!inTurn) {
      this.#live = false
      this.#queue.length = 0
    } else if (this.#options.matches(type)) {
      if (this.#queue.length < this.#options.queueMax) this.#queue.push(hashed)
      else this.#options.onOverflow()
    }
    this.#wake()
  }

  async *#catchUp(): AsyncGenerator<FeedItem> {
    const { node, signal, matches } = this.#options
    while (!signal.aborted) {
      const before = this.#seq
      for await (const event of node.readLog(before + 1, { signal })) {
        const { seq, type } = event.event
        if (seq > this.#seq + 1) yield { t: 'gap', from: this.#seq + 1, to: seq - 1 }
        this.#seq = seq
        if (matches(type)) yield { t: 'event', event }
      }
      if (this.#newest <= this.#seq) {
        // Nothing came since the log ended: from here on the queue continues where the log stopped.
        this.#newest = this.#seq
        this.#live = true
        return
      }
      if (this.#seq === before) await sleep(LOG_RETRY_MS, signal)
    }
  }

  /** Waits for an event or the end of the stream; false = neither came within the heartbeat. */
  #woken(): Promise<boolean> {
    const { heartbeatMs, signal } = this.#options
    return new Promise(resolve => {
      const settle = (woken: boolean) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#wake = () => {}
        resolve(woken)
      }
      const wake = () => settle(true)
      const timer = setTimeout(() => settle(false), heartbeatMs)
      this.#wake = wake
      signal.addEventListener('abort', wake)
      if (signal.aborted) wake()
    })
  }
}

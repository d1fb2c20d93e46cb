import type { EventRecord } from '../api/schema/event.ts'
import { ProblemError } from './errors.ts'
import type { Requester } from './request.ts'
import { serverSentEvents } from './sse.ts'

const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 10_000

export interface EventsOptions {
  /** Start after this sequence number; without it, with what happens from now on. */
  readonly since?: number
  /** Only these types; `peer.*` stands for all that begin so. */
  readonly types?: readonly string[]
  /** Connect again when the link breaks. @default true */
  readonly reconnect?: boolean
  /** The node no longer keeps these events (both ends included). */
  readonly onGap?: (gap: { readonly from: number; readonly to: number }) => void
  /** The link broke or could not be made; the next try is in so many milliseconds. */
  readonly onRetry?: (error: unknown, delayMs: number) => void
  readonly signal?: AbortSignal
}

/** Live events, resumed after a break from the last one that was seen. Ends when the signal does. */
export async function* followEvents(
  request: Requester,
  options: EventsOptions = {},
): AsyncGenerator<EventRecord> {
  const { signal, reconnect = true } = options
  let last = options.since === undefined ? '' : String(options.since)
  let failures = 0
  const stopped = () => signal?.aborted === true
  for (;;) {
    let broken: unknown = new Error('the node ended the stream')
    try {
      const answer = await request({
        path: pathOf(options.types),
        ...(signal && { signal }),
        headers: head(last),
      })
      const stream = serverSentEvents(answer.lines(), id => {
        // A first heartbeat tells where the log stands, so that even a break before any event loses nothing.
        if (id !== '') last = id
        failures = 0
      })
      for await (const { event, data } of stream) {
        if (event === 'gap') options.onGap?.(answer.parse(data) as { from: number; to: number })
        else yield answer.parse(data) as EventRecord
      }
    } catch (error) {
      if (stopped()) return
      if (!reconnect || isFinal(error)) throw error
      broken = error
    }
    if (stopped() || !reconnect) return
    const delayMs = backoffMs(failures++)
    options.onRetry?.(broken, delayMs)
    await sleep(delayMs, signal)
    if (stopped()) return
  }
}

const head = (last: string): Record<string, string> => ({
  accept: 'text/event-stream',
  ...(last !== '' && { 'last-event-id': last }),
})

function pathOf(types: readonly string[] | undefined): string {
  if (types === undefined || types.length === 0) return '/api/v1/events'
  return `/api/v1/events?${new URLSearchParams({ types: types.join(',') })}`
}

/** Asking the same again would get the same answer; 429 and 5xx pass. */
const isFinal = (error: unknown): boolean =>
  error instanceof ProblemError && error.status < 500 && error.status !== 429

/** Full jitter, so that many clients of a restarted node do not come back as one. */
const backoffMs = (failures: number): number =>
  Math.round(RETRY_MIN_MS + Math.random() * Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures))

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

import { decodeMapFrames, type MapFrame } from '../../../protocols/map/frame.ts'
import type { AgentId } from '../../../src/ports.ts'

/** How the stream stands: what the top bar says of it. */
export type FeedState =
  | { readonly t: 'connecting' }
  | { readonly t: 'live' }
  | { readonly t: 'waiting'; readonly reason: string; readonly retryMs: number }

export interface FeedOptions {
  /** Whose belief; null = the node that serves this page. */
  readonly agent: AgentId | null
  readonly hz: number
  readonly token: string | null
  onFrame(frame: MapFrame): void
  onState(state: FeedState): void
}

/** A stream that says nothing for so long counts as dead: half-open connections never end by themselves. */
const SILENCE_MAX_MS = 6000
const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000

/** Follows one node's belief until closed, connecting again after every break. Returns how to close it. */
export function openFeed(options: FeedOptions): () => void {
  const closed = new AbortController()
  void follow(options, closed.signal)
  return () => closed.abort()
}

async function follow(options: FeedOptions, closed: AbortSignal): Promise<void> {
  let failures = 0
  while (!closed.aborted) {
    options.onState({ t: 'connecting' })
    let reason = 'the node ended the stream'
    try {
      await readStream(options, closed, () => {
        failures = 0
      })
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
    if (closed.aborted) return
    const retryMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures++)
    options.onState({ t: 'waiting', reason, retryMs })
    await new Promise(resolve => setTimeout(resolve, retryMs))
  }
}

/** Returns when the stream ends, throws when it breaks, is refused, or falls silent. */
async function readStream(options: FeedOptions, closed: AbortSignal, onFirst: () => void): Promise<void> {
  const ended = new AbortController()
  const stop = () => ended.abort(new Error('closed'))
  closed.addEventListener('abort', stop)
  let silence = watchSilence(ended)
  try {
    const answer = await fetch(pathOf(options), {
      signal: ended.signal,
      ...(options.token !== null && { headers: { authorization: `Bearer ${options.token}` } }),
    })
    if (!answer.ok || answer.body === null) throw new Error(await refusal(answer))
    const decoder = decodeMapFrames()
    const reader = answer.body.getReader()
    let live = false
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(silence)
      silence = watchSilence(ended)
      const results = decoder.push(value)
      // A tab that was asleep finds many frames at once: only the newest says how things are.
      const newest = results.findLast(result => result.t === 'frame')
      const fault = results.find(result => result.t === 'fault')
      if (newest === undefined && fault !== undefined) throw new Error(fault.message)
      if (newest === undefined || closed.aborted) continue
      if (!live) options.onState({ t: 'live' })
      live = true
      onFirst()
      options.onFrame(newest.frame)
    }
  } finally {
    clearTimeout(silence)
    closed.removeEventListener('abort', stop)
    ended.abort()
  }
}

const watchSilence = (ended: AbortController): ReturnType<typeof setTimeout> =>
  setTimeout(() => ended.abort(new Error('nothing came for 6 s')), SILENCE_MAX_MS)

function pathOf({ agent, hz }: FeedOptions): string {
  const query = new URLSearchParams({ hz: String(hz) })
  if (agent !== null) query.set('as', agent)
  return `/api/v1/map/stream?${query}`
}

/** A problem document's own words, or the status. */
async function refusal(answer: Response): Promise<string> {
  const problem = (await answer.json().catch(() => null)) as { detail?: unknown; title?: unknown } | null
  return String(problem?.detail ?? problem?.title ?? `HTTP ${answer.status}`)
}

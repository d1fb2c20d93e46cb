import { sleep } from './wait.ts'

/**
 * Frames at a steady pace, made when they are asked for: a reader that is late gets the newest belief, and the
 * frames it was too late for are never made, only counted.
 */
export async function* pacedFrames(options: {
  readonly frame: () => Uint8Array
  readonly hz: number
  readonly signal: AbortSignal
  readonly onDropped: (count: number) => void
}): AsyncGenerator<Uint8Array> {
  const periodMs = 1_000 / options.hz
  let dueMs = performance.now()
  while (!options.signal.aborted) {
    const lateMs = performance.now() - dueMs
    if (lateMs < 0) {
      await sleep(-lateMs, options.signal)
      continue
    }
    const missed = Math.floor(lateMs / periodMs)
    if (missed > 0) options.onDropped(missed)
    dueMs += (missed + 1) * periodMs
    yield options.frame()
  }
}

/** Frames that come by themselves: the source is read as fast as it gives, and only the newest one waits. */
export async function* latestFrames(options: {
  readonly frames: AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
  readonly onDropped: (count: number) => void
}): AsyncGenerator<Uint8Array> {
  let latest: Uint8Array | undefined
  let ended = false
  let wake = () => {}
  const reading = (async () => {
    for await (const frame of options.frames) {
      if (options.signal.aborted) break
      if (latest !== undefined) options.onDropped(1)
      latest = frame
      wake()
    }
  })().finally(() => {
    ended = true
    wake()
  })
  // Its failure is told below, where the reader waits for it.
  reading.catch(() => {})
  options.signal.addEventListener('abort', () => wake())
  while (!options.signal.aborted) {
    if (latest !== undefined) {
      const frame = latest
      latest = undefined
      yield frame
    } else if (ended) return await reading
    else
      await new Promise<void>(resolve => {
        wake = resolve
      })
  }
}

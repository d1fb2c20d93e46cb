import { setTimeout as sleep } from 'node:timers/promises'

/** Between two that begin: a swarm that starts takes all of a small machine. */
const APART_MS = 3_000

const waiting: (() => void)[] = []
let begun = false

/**
 * What mostly waits for time to pass begins when the first such thing of any file is asked for, side by side with
 * the tests of other files, and whoever asks for it waits for what is left. `run` is run once; it cleans up after
 * itself when it fails.
 */
export function early<T>(run: () => Promise<T>): () => Promise<T> {
  const { promise, resolve } = Promise.withResolvers<void>()
  waiting.push(resolve)
  const result = promise.then(run)
  // Whoever asks gets the error; before that nobody has missed it.
  result.catch(() => {})
  return async () => {
    if (!begun) void begin()
    // A file that was loaded after all others had begun, as when files run side by side, begins its own.
    resolve()
    return await result
  }
}

async function begin(): Promise<void> {
  begun = true
  for (const go of waiting) {
    go()
    await sleep(APART_MS)
  }
}

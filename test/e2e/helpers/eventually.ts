import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 100

/** What a probe throws when there is nothing to wait for any more. */
export class HopelessError extends Error {
  override readonly name = 'HopelessError'
}

/**
 * Asks again and again until `probe` does not throw, and returns what it says. The bound is for liveness only:
 * generous, since a loaded machine is no failure. What the probe complained of last is the reason of the failure.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  { withinS = 45 }: { readonly withinS?: number } = {},
): Promise<T> {
  const giveUpAtMs = performance.now() + withinS * 1000
  for (;;) {
    try {
      return await probe()
    } catch (error) {
      if (error instanceof HopelessError) throw error
      if (performance.now() > giveUpAtMs) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`waited ${withinS} s in vain until ${what}: ${reason}`, { cause: error })
      }
    }
    await sleep(EVERY_MS)
  }
}

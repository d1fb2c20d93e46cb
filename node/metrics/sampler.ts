import type { Metrics } from './metrics.ts'
import type { MetricsSource } from './snapshot.ts'

/** Each look wakes an idle machine, so there is one timer for all. Something shorter than this may be missed. */
const LOOK_EVERY_MS = 500

/** What a scrape would not see, looked at in between. */
export interface Sampler {
  /** How late its own timer came at worst since the last call: so late may all else in this process have been. */
  takeLagSeconds(): number
  stop(): void
}

/** Starts to measure the event loop's lag, and to add up the time in which the world model is older than it may be. */
export function startSampler(metrics: Metrics, source: MetricsSource, staleAfterMs: number): Sampler {
  let lastMs = performance.now()
  let lagMs = 0
  const look = (): void => {
    const nowMs = performance.now()
    const elapsedMs = nowMs - lastMs
    lastMs = nowMs
    lagMs = Math.max(lagMs, elapsedMs - LOOK_EVERY_MS)
    const ageMs = source.worldAgeMs()
    if (ageMs !== null && ageMs > staleAfterMs)
      metrics.inc('skein_world_model_stale_seconds_total', {}, elapsedMs / 1_000)
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return {
    takeLagSeconds() {
      const taken = lagMs / 1_000
      lagMs = 0
      return taken
    },
    stop: () => clearInterval(timer),
  }
}

import type { Now } from '../../src/ports.ts'

/** 2026-06-01T00:00:00Z: when every simulated day begins. */
export const EPOCH_MS = 1_780_272_000_000

/**
 * One node's clocks. The oscillator drifts by `driftPpm`; the wall clock hangs on it and is off by `offsetMs`,
 * which may step. The monotonic clock counts from the last boot and takes no step.
 */
export class SimClock {
  driftPpm = 0
  offsetMs = 0
  /** When a wrong offset was put right, virtual µs; 0 = never. */
  rightSinceUs = 0
  #bootUs = 0

  /** Starts the monotonic clock anew at virtual time `atUs`. */
  boot(atUs: number): void {
    this.#bootUs = atUs
  }

  read(atUs: number): Now {
    return {
      monoUs: this.monoUs(atUs),
      wallMs: Math.floor(EPOCH_MS + this.offsetMs + (atUs / 1000) * (1 + this.driftPpm / 1e6)),
    }
  }

  monoUs(atUs: number): number {
    return Math.round((atUs - this.#bootUs) * (1 + this.driftPpm / 1e6))
  }

  /** The virtual time at which this node's monotonic clock shows `monoUs`. */
  atUs(monoUs: number): number {
    return Math.ceil(monoUs / (1 + this.driftPpm / 1e6)) + this.#bootUs
  }
}

import type { Now } from '../../src/ports.ts'

/** The moment, by this machine's clocks: monotonic since the process began, and the system's wall clock. */
export function systemNow(): Now {
  return { monoUs: Math.floor(performance.now() * 1000), wallMs: Date.now() }
}

import { performance } from 'node:perf_hooks'

/** Smaller differences are drift and scheduling. */
const STEP_MIN_MS = 2_000

/**
 * Notices steps of the wall clock by comparing it with the monotonic one. Drones boot in 1970 and get the time
 * with the first GPS fix; GossipSub dates its back-offs with the wall clock, so that a step back by two hours
 * kept a mesh empty for two hours.
 */
export function clockStepDetector(
  wallMs: () => number = () => Date.now(),
  monoMs: () => number = () => performance.now(),
): () => number {
  let offsetMs = wallMs() - monoMs()
  /** Returns by how many ms the wall clock has jumped since the last call; 0 = it hasn't. */
  return () => {
    const nowMs = wallMs() - monoMs()
    const stepMs = nowMs - offsetMs
    offsetMs = nowMs
    return Math.abs(stepMs) >= STEP_MIN_MS ? stepMs : 0
  }
}

/**
 * Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): physical milliseconds with a
 * counter below them, packed as `ms * 1024 + counter` into one safe integer. So stamps compare with `<`,
 * cost no allocation, and hold until the year 2248.
 */
export type Hlc = number

const COUNTER_SPAN = 1024

/** Milliseconds since 1970 of a stamp. */
export const hlcMs = (hlc: Hlc): number => Math.floor(hlc / COUNTER_SPAN)

/** The first stamp of a millisecond. */
export const hlcOfMs = (ms: number): Hlc => Math.floor(ms) * COUNTER_SPAN

/** The largest stamp that fits a safe integer; anything above it is refused on the wire. */
export const HLC_MAX: Hlc = Number.MAX_SAFE_INTEGER

/**
 * The stamp for a local event: above `last`, and at or above the wall clock. A counter that overflows runs
 * into the next millisecond, which keeps the order and costs at most one millisecond of error per 1024 events.
 */
export function hlcTick(last: Hlc, wallMs: number): Hlc {
  return Math.max(last + 1, hlcOfMs(wallMs))
}

/**
 * Folds in a stamp seen from a peer, so that every later local stamp is above it.
 * A stamp more than `boundMs` ahead of the wall clock is refused (null): one bad clock must not drag the swarm's.
 */
export function hlcReceive(last: Hlc, seen: Hlc, wallMs: number, boundMs: number): Hlc | null {
  if (hlcMs(seen) > wallMs + boundMs) return null
  return Math.max(last, seen)
}

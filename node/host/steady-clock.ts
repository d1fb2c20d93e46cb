const systemNow = Date.now.bind(Date)

/** The system's wall clock, whatever `Date.now` says, ms since 1970. */
export function systemWallMs(): number {
  return systemNow()
}

/**
 * Makes `Date.now` run on by the monotonic clock from here on, deaf to steps of the wall clock. GossipSub keeps
 * its back-offs, scores and seen-cache by `Date.now`: when GNSS or NTP sets a drone's clock back by two hours
 * its mesh would stay empty for two hours. Call once, before libp2p is loaded, in a process of ours only; what
 * the real time is, the agent decides from `systemWallMs` and its neighbours.
 */
export function steadyDateNow(): void {
  const offsetMs = systemNow() - performance.now()
  Date.now = () => Math.floor(offsetMs + performance.now())
}

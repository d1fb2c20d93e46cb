import type { AgentId } from '../ports.ts'

const WINDOW_US = 60_000_000
/** Lines in the log that one peer may cause in a minute, and all of them together. */
const PER_PEER = 10
const ALL_PEERS = 300

/**
 * Keeps peers from writing our log: one that comes and goes in a loop, or a crowd with fresh names, would push the
 * flight record out of it. What is left out is counted and told with the next line.
 */
export class PeerLines {
  #windowUs = Number.NEGATIVE_INFINITY
  #lines = new Map<AgentId, number>()
  #all = 0
  #suppressed = 0

  /** Whether a line about `peer` may be written now: how many were left out before it, or null if it may not. */
  take(peer: AgentId, nowUs: number): number | null {
    if (nowUs - this.#windowUs > WINDOW_US) {
      this.#windowUs = nowUs
      this.#lines = new Map()
      this.#all = 0
    }
    const lines = this.#lines.get(peer) ?? 0
    if (lines >= PER_PEER || this.#all >= ALL_PEERS) {
      this.#suppressed++
      return null
    }
    this.#lines.set(peer, lines + 1)
    this.#all++
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }
}

import { isIPv6 } from 'node:net'

/** Wrong tokens that an address may show at once, and how long until it may show one more. */
const PER_ADDRESS = { burst: 10, refillMs: 6_000 }
/** The same for all addresses together: many of them may be one attacker. */
const OVERALL = { burst: 100, refillMs: 1_000 }
/** Addresses that are remembered; the one that failed longest ago is forgotten first, and still counts overall. */
const ADDRESSES_MAX = 1_024

/**
 * Holds back who shows wrong tokens. While an address is held back even the right one is not looked at, else there
 * would be no limit on guessing. The overall limit does not hold back addresses whose last token was right: otherwise a
 * stranger could lock out everybody.
 */
export class Throttle {
  /** By address: when all it has failed is forgiven, ms. */
  readonly #failing = new Map<string, number>()
  /** Addresses whose last token was right. */
  readonly #trusted = new Set<string>()
  #overallMs = Number.NEGATIVE_INFINITY

  /** How long this address must wait before a token of it is looked at, ms; 0 = not at all. */
  waitMs(remote: string, nowMs: number): number {
    const key = networkOf(remote)
    const own = wait(this.#failing.get(key), PER_ADDRESS, nowMs)
    return this.#trusted.has(key) ? own : Math.max(own, wait(this.#overallMs, OVERALL, nowMs))
  }

  failed(remote: string, nowMs: number): void {
    const key = networkOf(remote)
    this.#trusted.delete(key)
    const forgivenMs = Math.max(this.#failing.get(key) ?? nowMs, nowMs) + PER_ADDRESS.refillMs
    this.#failing.delete(key)
    this.#failing.set(key, forgivenMs)
    dropOldest(this.#failing)
    this.#overallMs = Math.max(this.#overallMs, nowMs) + OVERALL.refillMs
  }

  succeeded(remote: string): void {
    const key = networkOf(remote)
    this.#trusted.delete(key)
    this.#trusted.add(key)
    dropOldest(this.#trusted)
  }

  /** Addresses that are remembered now. */
  get size(): number {
    return this.#failing.size + this.#trusted.size
  }
}

/** A bucket as one number, the time at which it is full again (the generic cell rate algorithm). */
function wait(
  fullMs: number | undefined,
  { burst, refillMs }: { readonly burst: number; readonly refillMs: number },
  nowMs: number,
): number {
  return fullMs === undefined ? 0 : Math.max(0, fullMs - nowMs - (burst - 1) * refillMs)
}

function dropOldest(of: Map<string, number> | Set<string>): void {
  if (of.size <= ADDRESSES_MAX) return
  const [oldest] = of.keys()
  if (oldest !== undefined) of.delete(oldest)
}

/** An IPv4 address stands for itself, an IPv6 one for its /64: that many a single host can use as it likes. */
function networkOf(remote: string): string {
  if (!isIPv6(remote)) return remote
  const [address = ''] = remote.split('%')
  const [head = '', tail = ''] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const zeros = Math.max(0, 8 - left.length - (tail === '' ? 0 : tail.split(':').length))
  return [...left, ...Array<string>(zeros).fill('0'), ...tail.split(':')].slice(0, 4).join(':')
}

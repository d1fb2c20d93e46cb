import { performance } from 'node:perf_hooks'

/**
 * The ids of the messages seen in the last `ttlMs` to `2 * ttlMs`, in two generations: when the young one is
 * `ttlMs` old it becomes the old one and what was old is forgotten at once. No expiry per id, so an id costs
 * one set entry, and time is monotonic: a step of the wall clock (GPS fix, NTP at boot) forgets nothing and
 * keeps nothing for ever.
 *
 * Bounded by `maxIds` per generation; past it the generations turn early, which under a flood shortens the
 * memory instead of exhausting the machine's.
 *
 * Shaped like the time cache inside GossipSub (`has put prune clear size`), whose place it takes.
 */
export class SeenMessages {
  readonly #ttlMs: number
  readonly #maxIds: number
  readonly #nowMs: () => number
  #young = new Set<string>()
  #old = new Set<string>()
  #turnAtMs: number

  constructor(ttlMs: number, maxIds: number, nowMs: () => number = () => performance.now()) {
    this.#ttlMs = ttlMs
    this.#maxIds = maxIds
    this.#nowMs = nowMs
    this.#turnAtMs = nowMs() + ttlMs
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id)
  }

  put(id: string): void {
    this.#young.add(id)
    if (this.#young.size >= this.#maxIds) this.#turn()
  }

  /** Called at each heartbeat. */
  prune(): void {
    if (this.#nowMs() >= this.#turnAtMs) this.#turn()
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #turn(): void {
    this.#old = this.#young
    this.#young = new Set()
    this.#turnAtMs = this.#nowMs() + this.#ttlMs
  }
}

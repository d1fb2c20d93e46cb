/** A token bucket: so many a second on average, and `burst` at once after a pause. */
export class Budget {
  readonly #perS: number
  readonly #burst: number
  #tokens: number
  #atMs: number | null = null

  constructor(perS: number, burst: number) {
    this.#perS = perS
    this.#burst = burst
    this.#tokens = burst
  }

  /** Whether one more fits at `nowMs` (monotonic), and takes it if so. */
  take(nowMs: number): boolean {
    const elapsedS = this.#atMs === null ? 0 : Math.max(0, nowMs - this.#atMs) / 1000
    this.#atMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsedS * this.#perS)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

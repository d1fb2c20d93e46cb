/** A token bucket: so much a second on average, and `burst` at once after a pause. */
export class Bucket {
  readonly #perS: number
  readonly #burst: number
  #tokens: number
  #atMs: number | null = null

  constructor(perS: number, burst: number) {
    this.#perS = perS
    this.#burst = burst
    this.#tokens = burst
  }

  /** Whether `amount` more fits at `nowMs` (monotonic), and takes it if so. */
  take(nowMs: number, amount = 1): boolean {
    const elapsedS = this.#atMs === null ? 0 : Math.max(0, nowMs - this.#atMs) / 1000
    this.#atMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsedS * this.#perS)
    if (this.#tokens < amount) return false
    this.#tokens -= amount
    return true
  }

  /** Gives `amount` beyond what time gives, up to the burst. */
  give(amount: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + amount)
  }
}

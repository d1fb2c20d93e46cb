/**
 * Calls `tick` `hz` times a second with the milliseconds since the last call, until it is stopped. Late timers
 * don't add up. After a stall (a paused process) there is one tick with the whole time, never a burst.
 */
export class Ticker {
  readonly #intervalMs: number
  readonly #tick: (elapsedMs: number) => void
  #timer: NodeJS.Timeout | undefined
  #lastMs = 0
  #dueMs = 0

  constructor(hz: number, tick: (elapsedMs: number) => void) {
    this.#intervalMs = 1000 / hz
    this.#tick = tick
  }

  start(): void {
    this.#lastMs = performance.now()
    this.#dueMs = this.#lastMs + this.#intervalMs
    this.#wait()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#dueMs - performance.now()))
  }

  #run(): void {
    const nowMs = performance.now()
    const elapsedMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    this.#dueMs = Math.max(this.#dueMs + this.#intervalMs, nowMs)
    // Before the tick, which may stop us.
    this.#wait()
    this.#tick(elapsedMs)
  }
}

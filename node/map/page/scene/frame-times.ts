const KEPT = 240

/** What drawing costs the page: its own time per frame, without what the graphics side does afterwards. */
export class FrameTimes {
  readonly #costs: number[] = []
  readonly #gaps: number[] = []
  #sinceLastFrame = 0
  #lastMs = 0

  /** Begins a frame. */
  frame(nowMs: number): void {
    if (this.#lastMs !== 0) {
      keep(this.#gaps, nowMs - this.#lastMs)
      keep(this.#costs, this.#sinceLastFrame)
    }
    this.#lastMs = nowMs
    this.#sinceLastFrame = 0
  }

  /** Counts the work towards the frame it happens in. */
  measure(work: () => void): void {
    const start = performance.now()
    work()
    this.#sinceLastFrame += performance.now() - start
  }

  /** Milliseconds of script per frame at the median and at 95 %, and frames per second. */
  summary(): { readonly p50Ms: number; readonly p95Ms: number; readonly fps: number } {
    const gapMs = quantile(this.#gaps, 0.5)
    return {
      p50Ms: quantile(this.#costs, 0.5),
      p95Ms: quantile(this.#costs, 0.95),
      fps: gapMs === 0 ? 0 : 1000 / gapMs,
    }
  }
}

function keep(list: number[], value: number): void {
  list.push(value)
  if (list.length > KEPT) list.shift()
}

function quantile(list: readonly number[], q: number): number {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}

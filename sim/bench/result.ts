/** One figure of a benchmark. `value` is rounded by whoever prints it. */
export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
}

/** What a benchmark found, measured beside its peer in one run. */
export interface BenchResult {
  /** Name of the goal, e.g. `g1`. */
  readonly goal: string
  readonly title: string
  readonly rows: readonly BenchRow[]
  /** How many times less (or more) than the peer; absent if there is no peer to compare with. */
  readonly ratio?: number
  /** One sentence: reached or not, and by how much. */
  readonly verdict: string
}

/** What every benchmark understands. */
export interface BenchOptions {
  /** Shorter and fewer runs: shows that it works, not how fast it is. */
  readonly quick: boolean
  /** Progress, for a human. */
  log(line: string): void
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value below which the share `p` (0..1) of `values` lies; NaN of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}

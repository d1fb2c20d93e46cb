/** How many letters may differ for a path to be a likely slip of another. */
const DISTANCE_MAX = 4
const NEAR_MAX = 3

/** The known paths most like an unknown one: a typing error away, or the same without the version before it. */
export function nearRoutes(path: string, known: readonly string[]): string[] {
  const wanted = path.replace(/\/+$/, '').toLowerCase()
  const near = known
    .map(candidate => ({
      candidate,
      distance: candidate.endsWith(wanted) && wanted !== '' ? 0 : editDistance(wanted, candidate),
    }))
    .filter(({ distance }) => distance <= DISTANCE_MAX)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
  const best = near[0]?.distance ?? 0
  return near
    .filter(({ distance }) => distance <= best + 1)
    .slice(0, NEAR_MAX)
    .map(({ candidate }) => candidate)
}

/** Levenshtein distance, row by row. Paths longer than any of ours are not worth the work. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > DISTANCE_MAX) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

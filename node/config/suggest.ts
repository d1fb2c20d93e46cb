/** The candidate a mistyped word most likely meant, or null when nothing is near. */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  const typed = plain(word)
  let best: string | null = null
  let bestCost = typed.length <= 3 ? 2 : Math.max(2, Math.floor(typed.length / 3)) + 1
  for (const candidate of candidates) {
    const cost = distance(typed, plain(candidate))
    if (cost < bestCost) {
      best = candidate
      bestCost = cost
    }
  }
  return best
}

/** Case and word separators are what people get wrong first: they cost nothing. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, '')
}

/** Edits that turn one word into the other: insert, drop, change or swap neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      line[column] = Math.min(
        (above[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + change,
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = above
    above = line
  }
  return above[b.length] ?? 0
}

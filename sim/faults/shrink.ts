import { GOOD_LINK } from '../net/link.ts'
import type { Fault, Schedule } from './schedule.ts'

/**
 * The smallest schedule found that still fails: delta debugging (Zeller's ddmin) over the list of faults, then the links
 * made good and the clocks right, if it fails without them too. `fails` runs a candidate.
 */
export function shrinkSchedule(schedule: Schedule, fails: (candidate: Schedule) => boolean): Schedule {
  let best = schedule
  const better = (candidate: Schedule): boolean => {
    if (!fails(candidate)) return false
    best = candidate
    return true
  }
  better({ ...best, links: GOOD_LINK })
  better({ ...best, clocks: [] })
  let parts = 2
  while (best.faults.length > 0) {
    const size = Math.ceil(best.faults.length / parts)
    const smaller = without(best.faults, size).some(faults => better({ ...best, faults }))
    if (smaller) parts = Math.max(2, parts - 1)
    else if (size === 1) break
    else parts = Math.min(best.faults.length, parts * 2)
  }
  return best
}

/** The list without its first `size` faults, without the next `size`, and so on. */
function without(faults: readonly Fault[], size: number): readonly (readonly Fault[])[] {
  const starts = Array.from({ length: Math.ceil(faults.length / size) }, (_, i) => i * size)
  return starts.map(at => [...faults.slice(0, at), ...faults.slice(at + size)])
}

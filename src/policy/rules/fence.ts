import { bandText, meetsBand, metres } from './altitude.ts'
import { gapMm } from './area.ts'
import type { RuleOf } from './rule-set.ts'
import type { AirPoint } from './situation.ts'

type Fence = RuleOf<'geofence'>

/** A straight way; both ends the same = a point. */
export interface Way {
  /** For a person: `the target`. */
  readonly what: string
  readonly from: AirPoint
  readonly to: AirPoint
}

export const pointOf = (what: string, at: AirPoint): Way => ({ what, from: at, to: at })

/** Whether a way stays on the right side of a fence; null = that can't be told. */
export function keepsFence(fence: Fence, { from, to }: Way): boolean | null {
  const gap = gapMm(fence.area, from, to)
  if (!Number.isFinite(gap)) return null
  // To stay inside, the height counts where the way ends: only there has the vehicle any business.
  if (fence.stay === 'inside') return gap > fence.marginMm ? meetsBand(fence, to, to) : false
  if (gap < -fence.marginMm) return true
  const meets = meetsBand(fence, from, to)
  return meets === null ? null : !meets
}

/** Why it doesn't, for a person. */
export function fenceText(fence: Fence, { what, from, to }: Way): string {
  const gap = gapMm(fence.area, from, to)
  const isClear = fence.stay === 'inside' ? gap > fence.marginMm : gap < -fence.marginMm
  if (isClear) return bandText(fence, to, what)
  if (!Number.isFinite(gap)) return `where ${what} lies to the fence is not known`
  if (gap === 0) return `${what} crosses the edge of the fence`
  const isInside = gap > 0
  const distance = metres(Math.abs(gap))
  if (isInside === (fence.stay === 'inside'))
    return `${what} comes within ${distance} of the edge of the fence; ${metres(fence.marginMm)} are kept clear`
  return `${what} is ${distance} ${isInside ? 'inside' : 'outside'} the fence`
}

import type { Color } from 'three'
import type { Placed } from '../enu.ts'
import type { Look } from './glyphs.ts'
import { PALETTE } from './palette.ts'

/** From here on a report begins to fade, and here it is as faint as it gets: milliseconds. */
const FADE_FROM_MS = 600
const FADE_TO_MS = 6000

/** How an object of the shown belief is drawn: what matters most decides its colour. */
export function lookOf(p: Placed, chosen: boolean, crowd: boolean): Look {
  const { object } = p
  const faded = Math.min(1, Math.max(0, (object.ageMs - FADE_FROM_MS) / (FADE_TO_MS - FADE_FROM_MS)))
  const alpha = object.belief === 'volume' ? 0.4 : chosen ? 1 : 1 - 0.6 * faded
  return { color: colorOf(p), alpha, sizePx: sizeOf(p) * (crowd ? 0.7 : 1) + (chosen ? 3 : 0) }
}

function colorOf({ object }: Placed): Color {
  if (object.status === 'Emergency') return PALETTE.bad
  if (object.belief === 'volume') return PALETTE.lost
  if (object.batteryPct !== null && object.batteryPct < 15) return PALETTE.bad
  if (object.batteryPct !== null && object.batteryPct < 30) return PALETTE.fair
  if (object.belief === 'self') return PALETTE.self
  return object.kind === 'drone' || object.kind === 'unknown' ? PALETTE.drone : PALETTE.fixed
}

function sizeOf({ object }: Placed): number {
  if (object.belief === 'volume') return 7
  return object.belief === 'self' ? 13 : 11
}

/** What flies is drawn as a dart; what stands, and what has no heading, as a diamond. */
export const isDart = ({ object }: Placed): boolean =>
  object.headingCdeg !== null &&
  object.belief !== 'volume' &&
  object.kind !== 'relay' &&
  object.kind !== 'anchor'

/**
 * What an altitude is counted from: the WGS84 ellipsoid, mean sea level (geoid), the ground below, or the place of
 * take-off. They differ by tens to hundreds of metres, so a number without its reference means nothing.
 */
export const ALTITUDE_REFS = ['W84', 'AMSL', 'AGL', 'HOME'] as const
export type AltitudeRef = (typeof ALTITUDE_REFS)[number]

interface Altitude {
  readonly mm: number
  readonly ref: AltitudeRef
}

/**
 * The conversions that are known at one place: how high the zero of each reference lies above the WGS84 ellipsoid,
 * millimetres. AMSL: the geoid's undulation. AGL: the terrain's height. HOME: the height of the place of take-off.
 * What is absent is not known, and then nothing is compared in that reference.
 */
type AltitudeZeros = { readonly [R in Exclude<AltitudeRef, 'W84'>]?: number }

/** An altitude, and the conversions known where it is. */
export interface Height {
  readonly altitude: Altitude
  readonly zeros: AltitudeZeros
}

/** From here to there, both ends meant; absent = no bound on that side. */
export interface Band {
  readonly lower?: Altitude
  readonly upper?: Altitude
}

/** The altitude counted from another reference, millimetres; null = not known, for want of a conversion. */
export function altitudeIn(ref: AltitudeRef, { altitude, zeros }: Height): number | null {
  const zeroOf = (of: AltitudeRef) => (of === 'W84' ? 0 : (zeros[of] ?? Number.NaN))
  const mm = altitude.ref === ref ? altitude.mm : altitude.mm + zeroOf(altitude.ref) - zeroOf(ref)
  return Number.isFinite(mm) ? mm : null
}

/** Whether anything between two heights is in the band; null = not known, as no two references are guessed equal. */
export function meetsBand({ lower, upper }: Band, a: Height, b: Height): boolean | null {
  const isOver = lower === undefined || either(lower, a, b, mm => mm >= lower.mm)
  const isUnder = upper === undefined || either(upper, a, b, mm => mm <= upper.mm)
  if (isOver === false || isUnder === false) return false
  return isOver === null || isUnder === null ? null : true
}

function either({ ref }: Altitude, a: Height, b: Height, holds: (mm: number) => boolean): boolean | null {
  const [first, second] = [altitudeIn(ref, a), altitudeIn(ref, b)]
  return first === null || second === null ? null : holds(first) || holds(second)
}

/** Why a height is not in the band, for a person; `what` = whose height it is. */
export function bandText(band: Band, height: Height, what: string): string {
  const { lower, upper } = band
  const blind = [lower, upper].find(bound => bound !== undefined && altitudeIn(bound.ref, height) === null)
  const at = `${what} is at ${altitudeText(height.altitude)}`
  if (meetsBand(band, height, height) === null && blind !== undefined)
    return `${at} and the limit is ${altitudeText(blind)}: two references are not compared without a conversion at that place`
  const limits = [
    lower === undefined ? '' : `from ${altitudeText(lower)}`,
    upper === undefined ? '' : `up to ${altitudeText(upper)}`,
  ]
  return `${at}; allowed is ${limits.filter(text => text !== '').join(' ')}`
}

const altitudeText = ({ mm, ref }: Altitude): string => `${metres(mm)} ${ref}`

/** Millimetres for a person, to a tenth of a metre. */
export const metres = (mm: number): string => `${Math.round(mm / 100) / 10} m`

/** A point as the configuration takes it. */
export interface Spot {
  readonly latDeg: number
  readonly lngDeg: number
  readonly altM: number
}

const CENTRE = { latDeg: 47.3769, lngDeg: 8.5417, altM: 500 }
/** At this latitude. */
const LAT_DEG_PER_M = 1 / 111_180
const LNG_DEG_PER_M = 1 / 75_490

/** A spot so many metres from the centre of it all. */
export function spotAt(eastM: number, northM: number, upM: number): Spot {
  return {
    latDeg: CENTRE.latDeg + northM * LAT_DEG_PER_M,
    lngDeg: CENTRE.lngDeg + eastM * LNG_DEG_PER_M,
    altM: CENTRE.altM + upM,
  }
}

/** The place of one of `count` nodes in a square grid, metres east and north of its middle. */
export function gridM(
  index: number,
  count: number,
  spacingM: number,
): readonly [eastM: number, northM: number] {
  const side = Math.ceil(Math.sqrt(count))
  const middle = (side - 1) / 2
  return [((index % side) - middle) * spacingM, (Math.floor(index / side) - middle) * spacingM]
}

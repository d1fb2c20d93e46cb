import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { enuOrigin, fromEnu, toEnu } from '../../../src/geo/enu.ts'

const place = fc.record({
  latE7: fc.integer({ min: -700_000_000, max: 700_000_000 }),
  lonE7: fc.integer({ min: -1_800_000_000, max: 1_799_999_999 }),
  altMm: fc.integer({ min: -500_000, max: 9_000_000 }),
})
const offsetM = fc.double({ min: -14_000, max: 14_000, noNaN: true })

/** Earth-centred coordinates, exact: the reference that the local metres are measured against. */
function ecef(p: { latE7: number; lonE7: number; altMm: number }): readonly [number, number, number] {
  const [lat, lon, h] = [(p.latE7 / 1e7 / 180) * Math.PI, (p.lonE7 / 1e7 / 180) * Math.PI, p.altMm / 1000]
  const f = 1 / 298.257223563
  const e2 = f * (2 - f)
  const n = 6_378_137 / Math.sqrt(1 - e2 * Math.sin(lat) ** 2)
  return [
    (n + h) * Math.cos(lat) * Math.cos(lon),
    (n + h) * Math.cos(lat) * Math.sin(lon),
    (n * (1 - e2) + h) * Math.sin(lat),
  ]
}

describe('src/geo/enu', () => {
  it('comes back to the same point, across the date line too', () => {
    fc.assert(
      fc.property(
        place,
        offsetM,
        offsetM,
        fc.integer({ min: -100_000, max: 1_000_000 }),
        (at, eastM, northM, up) => {
          const origin = enuOrigin(at.latE7, at.lonE7, at.altMm)
          const point = fromEnu(origin, { eastM, northM, upM: up / 1000 })
          ok(point.lonE7 >= -1_800_000_000 && point.lonE7 < 1_800_000_000)
          deepStrictEqual(fromEnu(origin, toEnu(origin, point)), point)
          const back = toEnu(origin, point)
          ok(Math.abs(back.eastM - eastM) < 0.012 && Math.abs(back.northM - northM) < 0.012)
        },
      ),
    )
  })

  it('measures what exact geometry measures, to 1 part in 1e5 within 20 km at one height', () => {
    fc.assert(
      fc.property(place, offsetM, offsetM, (at, eastM, northM) => {
        const origin = enuOrigin(at.latE7, at.lonE7, at.altMm)
        const point = fromEnu(origin, { eastM, northM, upM: 0 })
        const local = toEnu(origin, point)
        const [a, b] = [ecef(origin), ecef(point)]
        const chordM = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
        const arcM = Math.hypot(local.eastM, local.northM)
        ok(Math.abs(arcM - chordM) < 1e-5 * arcM + 0.02, `${arcM} instead of ${chordM}`)
      }),
      { numRuns: 500 },
    )
  })

  it('stays finite at the poles', () => {
    const pole = enuOrigin(900_000_000, 0, 0)
    const { eastM, northM } = toEnu(pole, { latE7: 899_999_000, lonE7: 900_000_000, altMm: 0 })
    ok(Number.isFinite(eastM) && Number.isFinite(northM))
    ok(Object.values(fromEnu(pole, { eastM: 10, northM: 0, upM: 0 })).every(Number.isInteger))
  })
})

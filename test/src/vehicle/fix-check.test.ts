import { ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { VehicleFix } from '../../../src/position/position.ts'
import { checkFix, FixRefusedError } from '../../../src/vehicle/fix-check.ts'

const NOW = { monoUs: 50_000_000, wallMs: 1_800_000_000_000 }
const GOOD: VehicleFix = {
  latE7: 473_779_000,
  lonE7: 85_403_000,
  altMm: 520_000,
  heightDm: 640,
  vnCms: 1_200,
  veCms: -300,
  vdCms: 0,
  headingCdeg: 34_600,
  accHDm: 12,
  accVDm: null,
  status: 'Airborne',
  batteryPct: 71,
}

const refusal = (change: object, sampledMs: number | null = null): string => {
  const refused = checkFix({ ...GOOD, ...change }, sampledMs, null, NOW)
  if (!refused) return 'taken'
  ok(refused instanceof FixRefusedError)
  return `${refused.code}: ${refused.message}`
}

describe('src/vehicle/fix-check', () => {
  it('takes a good fix, with or without its time', () => {
    strictEqual(refusal({}), 'taken')
    strictEqual(refusal({}, NOW.wallMs - 200), 'taken')
    strictEqual(refusal({ heightDm: null, headingCdeg: null, batteryPct: null }), 'taken')
  })

  it('refuses 0/0 but not the equator or Greenwich', () => {
    strictEqual(
      refusal({ latE7: 0, lonE7: 0 }),
      'null-island: the position is 0/0, which a receiver says that has no fix; send nothing until it has one',
    )
    strictEqual(refusal({ latE7: 0 }), 'taken')
    strictEqual(refusal({ lonE7: 0 }), 'taken')
  })

  it('refuses what is no number, naming the field', () => {
    strictEqual(
      refusal({ latE7: Number.NaN }),
      'not-an-integer: latE7 is NaN; it takes an integer: degrees x 1e7, -90 to 90 degrees',
    )
    ok(refusal({ altMm: Number.POSITIVE_INFINITY }).startsWith('not-an-integer: altMm is Infinity'))
    ok(refusal({ lonE7: 8.54 }).startsWith('not-an-integer: lonE7 is 8.54'))
    ok(refusal({ vnCms: undefined }).startsWith('not-an-integer: vnCms is undefined'))
    ok(refusal({ altMm: null }).startsWith('not-an-integer: altMm is null'))
  })

  it('refuses what is out of range', () => {
    for (const change of [
      { latE7: 900_000_001 },
      { lonE7: -1_800_000_001 },
      { altMm: -1_000_001 },
      { altMm: 12_000_001 },
      { vdCms: 15_001 },
      { headingCdeg: 36_000 },
      { batteryPct: 101 },
      { status: 'Flying' },
    ])
      ok(refusal(change).startsWith('out-of-range: '), JSON.stringify(change))
  })

  it('refuses a fix from the future and one that is long over', () => {
    strictEqual(
      refusal({}, NOW.wallMs + 3_600_000),
      'future: it is from 3600.0 s in the future; at most 1 s is taken. Set the clocks of vehicle and node by one source',
    )
    ok(refusal({}, NOW.wallMs - 10_000).startsWith('too-old: it is 10.0 s old'))
    ok(refusal({}, Number.NaN).startsWith('not-an-integer'))
  })

  it('refuses a jump, but believes a vehicle that is still there later', () => {
    const previous = { fix: GOOD, monoUs: NOW.monoUs }
    const away = { ...GOOD, latE7: GOOD.latE7 + 90_000 }
    const messageAfter = (ms: number): string | undefined =>
      checkFix(away, null, previous, { ...NOW, monoUs: NOW.monoUs + ms * 1000 })?.message
    strictEqual(
      messageAfter(1_000),
      'it is 1001 m from the last fix 1.0 s ago (1001 m/s; at most 150 is taken)',
    )
    strictEqual(messageAfter(7_000), undefined)
    const up = checkFix({ ...GOOD, altMm: GOOD.altMm + 400_000 }, null, previous, {
      ...NOW,
      monoUs: NOW.monoUs + 1e6,
    })
    strictEqual(up?.code, 'jump')
  })

  it('does not take a burst of fixes for jumps', () => {
    const previous = { fix: GOOD, monoUs: NOW.monoUs }
    strictEqual(checkFix({ ...GOOD, latE7: GOOD.latE7 + 500 }, null, previous, NOW), null)
  })

  it('refuses an object that cannot even be printed', () => {
    strictEqual(refusal({ latE7: { toString: 0 } }).split(';')[0], 'not-an-integer: latE7 is an object')
    strictEqual(refusal({ status: Object.create(null) }).split(';')[0], 'out-of-range: status is an object')
  })

  it('never throws, whatever it is given', () => {
    const keys = Object.keys(GOOD)
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...keys), fc.anything()),
        fc.option(fc.double()),
        (change, sampledMs) => {
          const refused = checkFix({ ...GOOD, ...change }, sampledMs, { fix: GOOD, monoUs: 0 }, NOW)
          ok(refused === null || refused.message.length > 0)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  ALTITUDE_REFS,
  altitudeIn,
  bandText,
  type Height,
  meetsBand,
} from '../../../../src/policy/rules/altitude.ts'

/** A place where the geoid is 47 m above the ellipsoid, the ground 450 m, and home 440 m. */
const zeros = { AMSL: 47_000, AGL: 450_000, HOME: 440_000 }
const height = (m: number, ref: Height['altitude']['ref'], known: Height['zeros'] = zeros): Height => ({
  altitude: { mm: m * 1000, ref },
  zeros: known,
})

describe('altitudeIn', () => {
  it('converts by what is known at the place', () => {
    assert.equal(altitudeIn('W84', height(500, 'AMSL')), 547_000)
    assert.equal(altitudeIn('AGL', height(60, 'HOME')), 50_000)
    assert.equal(altitudeIn('AMSL', height(0, 'AGL')), 403_000)
  })

  it('knows nothing without a conversion, except in its own reference', () => {
    assert.equal(altitudeIn('AGL', height(60, 'HOME', { HOME: 440_000 })), null)
    assert.equal(altitudeIn('AGL', height(60, 'HOME', { AGL: 450_000 })), null)
    assert.equal(altitudeIn('W84', height(60, 'AMSL', {})), null)
    assert.equal(altitudeIn('HOME', height(60, 'HOME', {})), 60_000)
    assert.equal(altitudeIn('HOME', height(Number.NaN, 'HOME')), null)
  })

  it('comes back to the millimetre', () => {
    const anyRef = fc.constantFrom(...ALTITUDE_REFS)
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e7 }), anyRef, anyRef, (mm, ref, other) => {
        const there = altitudeIn(other, { altitude: { mm, ref }, zeros })
        assert.notEqual(there, null)
        assert.equal(altitudeIn(ref, { altitude: { mm: there ?? 0, ref: other }, zeros }), mm)
      }),
    )
  })
})

describe('meetsBand', () => {
  const band = { lower: { mm: 30_000, ref: 'AGL' }, upper: { mm: 120_000, ref: 'HOME' } } as const
  const meets = (a: Height, b = a) => meetsBand(band, a, b)

  it('is met within, both ends meant, each in its own reference', () => {
    assert.deepEqual(
      [29, 30, 110, 111].map(m => meets(height(m, 'AGL'))),
      [false, true, true, false],
    )
  })

  it('is met by a way through it', () => {
    assert.equal(meets(height(0, 'AGL'), height(300, 'AGL')), true)
    assert.equal(meets(height(0, 'AGL'), height(29, 'AGL')), false)
  })

  it('is not known where a conversion is missing, unless the other bound tells', () => {
    assert.equal(meets(height(50, 'HOME', {})), null)
    assert.equal(meets(height(121, 'HOME', {})), false)
  })

  it('says what is wrong', () => {
    assert.equal(
      bandText(band, height(130.04, 'HOME'), 'the target'),
      'the target is at 130 m HOME; allowed is from 30 m AGL up to 120 m HOME',
    )
    assert.match(
      bandText(band, height(50, 'HOME', {}), 'the target'),
      /the limit is 30 m AGL: two references/,
    )
  })
})

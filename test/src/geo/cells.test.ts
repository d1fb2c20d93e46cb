import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cellAndRing, cellCorners, cellOf, cellsWithin, isCell } from '../../../src/geo/cells.ts'
import { distanceM, metresPerE7 } from '../../../src/geo/wgs84.ts'

const LAT = 473_779_000
const LON = 85_403_000
const anyLat = fc.integer({ min: -890_000_000, max: 890_000_000 })
const anyLon = fc.integer({ min: -1_800_000_000, max: 1_799_999_999 })
const anyResolution = fc.integer({ min: 0, max: 15 })

describe('cells', () => {
  it('are valid cells wherever one asks', () => {
    fc.assert(fc.property(anyLat, anyLon, anyResolution, (lat, lon, res) => isCell(cellOf(lat, lon, res))))
  })

  it('are the same on both names of the date line', () => {
    fc.assert(fc.property(anyLat, lat => cellOf(lat, 1_800_000_000, 8) === cellOf(lat, -1_800_000_000, 8)))
  })

  it('are not what is none', () => {
    for (const text of [
      '',
      'x',
      '0',
      '881f8d4b07ffff',
      '881f8d4b07ffffff',
      'ffffffffffffffff',
      'p/881f8d4b07',
    ]) {
      assert.equal(isCell(text), false, text)
    }
  })

  it('have one name: no other text is taken for the same cell', () => {
    const cell = cellOf(LAT, LON, 8)
    for (const text of [cell.toUpperCase(), `0${cell}`, `0x${cell}`, ` ${cell}`, `${cell}\n`]) {
      assert.equal(isCell(text), false, JSON.stringify(text))
    }
  })

  it('have six around them, sorted, themselves among them', () => {
    const ring = cellAndRing(cellOf(LAT, LON, 8))
    assert.equal(ring.length, 7)
    assert.deepEqual(ring, [...new Set(ring)].sort())
    assert.ok(ring.includes(cellOf(LAT, LON, 8)))
  })

  it('have five around them at a pentagon', () => {
    // One of the twelve pentagons of H3, at resolution 8.
    assert.equal(cellAndRing('8808000001fffff').length, 6)
  })

  it('cover a circle: every place in it is in one of them', () => {
    const polar = fc.record({
      turn: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    const middle = fc.tuple(fc.integer({ min: -700_000_000, max: 700_000_000 }), anyLon)
    fc.assert(
      fc.property(
        middle,
        polar,
        fc.integer({ min: 1, max: 4_000 }),
        ([lat, lon], { turn, part }, radiusM) => {
          const scale = metresPerE7(lat)
          const atLat = Math.round(lat + (Math.cos(turn) * part * radiusM) / scale.lat)
          const atLon = Math.round(lon + (Math.sin(turn) * part * radiusM) / scale.lon)
          assert.ok(cellsWithin(lat, lon, radiusM, 8).includes(cellOf(atLat, atLon, 8)))
        },
      ),
    )
  })

  it('have corners around the place, about 530 m off at resolution 8', () => {
    const corners = cellCorners(cellOf(LAT, LON, 8))
    assert.equal(corners.length, 6)
    for (const { latE7, lonE7 } of corners) {
      assert.ok(Number.isInteger(latE7) && Number.isInteger(lonE7))
      assert.ok(distanceM(LAT, LON, latE7, lonE7) < 1_200)
    }
  })
})

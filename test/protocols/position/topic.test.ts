import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cellOfTopic, positionTopic } from '../../../protocols/position/topic.ts'
import { cellOf, isCell } from '../../../src/geo/cells.ts'

const anyCell = fc
  .tuple(
    fc.integer({ min: -900_000_000, max: 900_000_000 }),
    fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }),
    fc.integer({ min: 0, max: 15 }),
  )
  .map(([lat, lon, resolution]) => cellOf(lat, lon, resolution))

describe('position topic', () => {
  it('is short, and names its cell at every resolution', () => {
    assert.equal(positionTopic('881f8d4b07fffff'), 'p/881f8d4b07')
    fc.assert(fc.property(anyCell, cell => cellOfTopic(positionTopic(cell)) === cell))
  })

  it('is one text per cell', () => {
    const nearly = anyCell.chain(cell =>
      fc.constantFrom(
        cell,
        cell.toUpperCase(),
        `0${cell}`,
        cell.slice(0, 12),
        positionTopic(cell).toUpperCase(),
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          nearly.map(cell => `p/${cell}`),
          fc.string(),
          nearly,
        ),
        topic => {
          const cell = cellOfTopic(topic)
          if (cell === null) return
          assert.ok(isCell(cell))
          assert.equal(positionTopic(cell), topic)
        },
      ),
    )
  })

  it('is none for any other topic', () => {
    for (const topic of [
      '',
      'p/',
      'p/x',
      'q/881f8d4b07',
      '881f8d4b07',
      'p/881f8d4b07ffffff',
      'P/881f8d4b07',
    ]) {
      assert.equal(cellOfTopic(topic), null, topic)
    }
  })
})

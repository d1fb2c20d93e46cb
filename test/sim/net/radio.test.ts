import assert from 'node:assert/strict'
import { Radio } from '../../../sim/net/radio.ts'

/** Nodes on a line, at these metres. */
function line(
  metres: readonly number[],
  rangeM = 1_000,
  carries: (node: number) => boolean = () => true,
): Radio {
  const radio = new Radio(metres.length, rangeM)
  for (const [i, x] of metres.entries()) radio.x[i] = x
  radio.update(carries)
  return radio
}

describe('radio', () => {
  it('needs one hop for each range of distance', () => {
    const radio = line([0, 900, 1_800, 2_700])
    assert.deepEqual(
      [1, 2, 3].map(to => radio.hops(0, to)),
      [1, 2, 3],
    )
  })

  it('does not reach beyond a gap in the chain', () => {
    const radio = line([0, 900, 2_000, 2_900])
    assert.equal(radio.hops(0, 1), 1)
    assert.equal(radio.hops(1, 2), 0)
    assert.equal(radio.hops(2, 3), 1)
  })

  it('a node that is down carries nothing for others', () => {
    assert.equal(line([0, 900, 1_800]).hops(0, 2), 2)
    assert.equal(line([0, 900, 1_800], 1_000, node => node !== 1).hops(0, 2), 0)
  })

  it('finds whoever is in range, across the squares of its grid and on both sides of zero', () => {
    const radio = line([-1_200, -300, 0, 400, 999, 1_001])
    const found: number[] = []
    radio.near(2, other => found.push(other))
    assert.deepEqual(found.sort(), [1, 3, 4])
  })
})

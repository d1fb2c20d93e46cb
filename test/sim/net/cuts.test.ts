import assert from 'node:assert/strict'
import { Cuts, partitionOf, type Shape } from '../../../sim/net/cuts.ts'

function cutBy(shape: Shape, side: readonly number[]): Cuts {
  const cuts = new Cuts()
  cuts.partition(0, partitionOf(shape, side))
  return cuts
}

describe('cuts', () => {
  it('isolate one: it hears nobody and nobody hears it', () => {
    const cuts = cutBy('isolate', [0, 1, 0])
    assert.ok(cuts.blocked(0, 1) && cuts.blocked(1, 0) && cuts.blocked(1, 2))
    assert.ok(!cuts.blocked(0, 2))
  })

  it('halves and parts by lot hear only their own side', () => {
    for (const shape of ['halves', 'uniform'] as const) {
      const cuts = cutBy(shape, [0, 0, 1, 1])
      assert.ok(!cuts.blocked(0, 1) && !cuts.blocked(3, 2))
      assert.ok(cuts.blocked(0, 2) && cuts.blocked(3, 1))
    }
  })

  it('ring: each part hears the two beside it', () => {
    const cuts = cutBy('ring', [0, 1, 2, 3, 4])
    for (let part = 0; part < 5; part++) {
      const heard = [0, 1, 2, 3, 4].filter(other => !cuts.blocked(other, part))
      assert.deepEqual(heard, [(part + 4) % 5, part, (part + 1) % 5].sort())
    }
  })

  it('bridge: two halves that meet in one', () => {
    const cuts = cutBy('bridge', [0, 1, 2])
    assert.ok(cuts.blocked(0, 1) && cuts.blocked(1, 0))
    assert.ok(!cuts.blocked(0, 2) && !cuts.blocked(2, 1))
  })

  it('one-way: one half hears the other, not the other way round', () => {
    const cuts = cutBy('one-way', [0, 1])
    assert.ok(!cuts.blocked(0, 1))
    assert.ok(cuts.blocked(1, 0))
  })

  it('several partitions hold at once, and each is mended alone', () => {
    const cuts = cutBy('halves', [0, 0, 1])
    cuts.partition(1, partitionOf('isolate', [1, 0, 0]))
    assert.ok(cuts.blocked(0, 1) && cuts.blocked(1, 2))
    cuts.mend(1)
    assert.ok(!cuts.blocked(0, 1) && cuts.blocked(1, 2))
    cuts.mend(0)
    assert.ok(cuts.clear)
  })

  it('cut one direction of one link', () => {
    const cuts = new Cuts()
    cuts.cut(3, 5)
    assert.ok(cuts.blocked(3, 5) && !cuts.blocked(5, 3) && !cuts.clear)
    cuts.splice(3, 5)
    assert.ok(!cuts.blocked(3, 5))
  })

  it('clogs hold packets back until they open', () => {
    const cuts = new Cuts()
    cuts.clog(1, 2, 1_000)
    assert.equal(cuts.throughClog(1, 2, 400), 1_000)
    assert.equal(cuts.throughClog(1, 2, 1_400), 1_400)
    assert.equal(cuts.throughClog(2, 1, 400), 400)
    cuts.heal()
    assert.equal(cuts.throughClog(1, 2, 400), 400)
  })
})

import assert from 'node:assert/strict'
import { GOOD_LINK, type LinkConditions, Links } from '../../../sim/net/link.ts'

function links(conditions: Partial<LinkConditions>, seed = 1): Links {
  const made = new Links(seed)
  made.conditions = { ...GOOD_LINK, ...conditions }
  return made
}

/** Fates of `count` packets on link 0>1, one each millisecond. */
function fates(made: Links, count: number, hops = 1): { lost: boolean; delayUs: number; doubled: boolean }[] {
  return Array.from({ length: count }, (_, i) => {
    made.begin(0, 1, i)
    const lost = made.lost(0, 1, hops, i * 1_000)
    return { lost, delayUs: made.delayUs(hops), doubled: made.duplicated() }
  })
}

const share = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length

describe('links', () => {
  it('lose nothing and double nothing when good', () => {
    const seen = fates(links({}), 2_000)
    assert.ok(seen.every(fate => !fate.lost && !fate.doubled))
  })

  it('delay by a minimum and an exponential tail', () => {
    const seen = fates(links({ minUs: 5_000, meanUs: 10_000, jitterUs: 0 }), 20_000).map(fate => fate.delayUs)
    const mean = seen.reduce((sum, delay) => sum + delay, 0) / seen.length
    assert.ok(Math.min(...seen) >= 5_000)
    assert.ok(Math.abs(mean - 15_000) < 400, `mean ${mean}`)
    assert.ok(Math.max(...seen) > 60_000)
  })

  it('lose the given share, and more over more hops', () => {
    const one = share(fates(links({ loss: 0.2 }), 20_000).map(fate => fate.lost))
    const three = share(fates(links({ loss: 0.2 }), 20_000, 3).map(fate => fate.lost))
    assert.ok(Math.abs(one - 0.2) < 0.02, `${one}`)
    assert.ok(Math.abs(three - (1 - 0.8 ** 3)) < 0.02, `${three}`)
  })

  it('double and hold back the given shares', () => {
    const seen = fates(
      links({ duplicate: 0.3, reorder: 0.25, reorderUs: 500_000, meanUs: 0, jitterUs: 0 }),
      20_000,
    )
    assert.ok(Math.abs(share(seen.map(fate => fate.doubled)) - 0.3) < 0.02)
    assert.ok(Math.abs(share(seen.map(fate => fate.delayUs > GOOD_LINK.minUs)) - 0.25) < 0.02)
  })

  it('lose in bursts: after a loss the next packet is far more often lost than on average', () => {
    const made = links({ burst: { goodUs: 10_000_000, badUs: 1_000_000, loss: 0.9 } })
    const lost = fates(made, 200_000).map(fate => fate.lost)
    const afterLoss = lost.filter((_, i) => i > 0 && lost[i - 1] === true)
    assert.ok(share(lost) > 0.03 && share(lost) < 0.2, `${share(lost)}`)
    assert.ok(share(afterLoss) > 0.8, `${share(afterLoss)}`)
  })

  it('have randomness of their own: what happens on one link changes nothing on another', () => {
    const alone = links({ loss: 0.5 })
    const busy = links({ loss: 0.5 })
    for (let i = 0; i < 100; i++) {
      busy.begin(7, 8, i)
      busy.lost(7, 8, 1, 0)
      busy.delayUs(1)
    }
    assert.deepEqual(fates(busy, 200), fates(alone, 200))
    assert.notDeepEqual(fates(links({ loss: 0.5 }, 2), 200), fates(alone, 200))
  })
})

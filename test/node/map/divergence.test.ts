import assert from 'node:assert/strict'
import { diverge } from '../../../node/map/page/divergence.ts'
import { type Belief, placeFrame, projectionAt } from '../../../node/map/page/enu.ts'
import { agentOf, syntheticFrame } from './support/swarm.ts'

const AT_MS = 1_795_000_030_000

function belief(self: number, view: 'whole' | 'partitioned', atMs = AT_MS): Belief {
  const frame = syntheticFrame({ drones: 8, atMs, self, view })
  return placeFrame(frame, projectionAt(frame.origin), 0)
}

describe('divergence of two beliefs', () => {
  it('is nothing between nodes that know the same', () => {
    const { notable, missingInA, missingInB, maxDistanceM } = diverge(belief(1, 'whole'), belief(2, 'whole'))
    assert.deepEqual({ notable, missingInA, missingInB }, { notable: 0, missingInA: 0, missingInB: 0 })
    assert.ok(maxDistanceM < 0.1)
  })

  it('compares at the same moment: frames half a second apart do not differ by the flight in between', () => {
    const { maxDistanceM } = diverge(belief(1, 'whole'), belief(2, 'whole', AT_MS + 500))
    assert.ok(maxDistanceM < 0.5, `${maxDistanceM} m; half a second of flight is 6 m`)
  })

  it('tells stale, lost and missing apart', () => {
    const { byAgent, notable, missingInA, missingInB } = diverge(belief(1, 'whole'), belief(5, 'partitioned'))
    const of = (i: number) => byAgent.get(agentOf(i))
    assert.equal(notable, 4, 'drones 2, 3, 4 and 6')
    assert.ok(Math.abs((of(2)?.distanceM ?? 0) - 48) < 1, '4 s old at 12 m/s')
    assert.ok((of(2)?.ageGapMs ?? 0) >= 3900)
    assert.equal(of(3)?.b?.object.belief, 'volume')
    assert.equal(of(4)?.b, null)
    assert.equal(of(4)?.distanceM, null)
    assert.equal(of(7)?.notable, false)
    assert.deepEqual([missingInA, missingInB], [0, 1])
  })

  it('is the same seen from the other side', () => {
    const there = diverge(belief(5, 'partitioned'), belief(1, 'whole'))
    assert.deepEqual([there.notable, there.missingInA, there.missingInB], [4, 1, 0])
    assert.equal(there.byAgent.get(agentOf(4))?.a, null)
  })
})

import assert from 'node:assert/strict'
import { staleness } from '../../../../sim/bench/swarm-size/staleness.ts'

describe('sim/bench/swarm-size/staleness', () => {
  it('reads what a node says, and complains where it says nothing', () => {
    assert.equal(staleness('# HELP x\nskein_world_model_stale_seconds_total 2.25\nother 3\n'), 2.25)
    assert.throws(() => staleness('other 3\n'), /no skein_world_model_stale_seconds_total/)
  })
})

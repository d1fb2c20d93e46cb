import assert from 'node:assert/strict'
import { drawSchedule } from '../../../sim/faults/draw.ts'
import { FAULT_KINDS } from '../../../sim/faults/schedule.ts'
import { createRandom } from '../../../sim/kernel/random.ts'

const draw = (seed: number, more = {}) =>
  drawSchedule(createRandom(seed), { agents: 50, healAtMs: 300_000, allowed: FAULT_KINDS, ...more })

describe('schedules', () => {
  it('are plain data: the same after JSON', () => {
    const schedule = draw(1)
    assert.deepEqual(JSON.parse(JSON.stringify(schedule)), schedule)
  })

  it('repeat from their seed', () => {
    assert.deepEqual(draw(5), draw(5))
    assert.notDeepEqual(draw(5), draw(6))
  })

  it('draw about half of the kinds, every kind in some run and never one that is not allowed', () => {
    const drawn = Array.from({ length: 200 }, (_, seed) => draw(seed).kinds)
    const mean = drawn.reduce((sum, kinds) => sum + kinds.length, 0) / drawn.length
    assert.ok(Math.abs(mean - FAULT_KINDS.length / 2) < 1, `${mean}`)
    assert.deepEqual(new Set(drawn.flat()), new Set(FAULT_KINDS))
    const only = Array.from({ length: 50 }, (_, seed) => draw(seed, { allowed: ['loss', 'crashes'] }).kinds)
    assert.deepEqual(new Set(only.flat()), new Set(['loss', 'crashes']))
  })

  it('always have what is asked for', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kinds, faults, links } = draw(seed, { allowed: [], always: ['loss', 'partitions'] })
      assert.deepEqual(kinds, ['loss', 'partitions'])
      assert.ok(faults.some(fault => fault.t === 'partition') && links.loss > 0)
    }
  })

  it('keep to their time and order, and name nodes that exist', () => {
    for (let seed = 0; seed < 50; seed++) {
      let lastMs = 0
      for (const fault of draw(seed).faults) {
        assert.ok(fault.atMs >= lastMs && fault.atMs >= 5_000 && fault.atMs < 300_000)
        lastMs = fault.atMs
        if ('node' in fault) assert.ok(fault.node >= 0 && fault.node < 50)
        if (fault.t === 'partition') assert.equal(fault.side.length, 50)
      }
    }
  })

  it('a kind that is switched off leaves the draws of the others as they were', () => {
    const partitions = (kinds: readonly (typeof FAULT_KINDS)[number][]) =>
      draw(9, { allowed: [], always: kinds }).faults.filter(fault => fault.t === 'partition')
    assert.deepEqual(partitions(['partitions', 'crashes', 'clogs']), partitions(['partitions']))
  })
})

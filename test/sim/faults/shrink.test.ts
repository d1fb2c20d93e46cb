import assert from 'node:assert/strict'
import { drawSchedule } from '../../../sim/faults/draw.ts'
import { FAULT_KINDS, type Schedule } from '../../../sim/faults/schedule.ts'
import { shrinkSchedule } from '../../../sim/faults/shrink.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import { GOOD_LINK } from '../../../sim/net/link.ts'

const schedule = drawSchedule(createRandom(3), {
  agents: 100,
  healAtMs: 300_000,
  allowed: FAULT_KINDS,
  always: ['loss', 'clogs', 'pauses', 'clocks'],
})

describe('shrinking', () => {
  it('finds the two faults that together make a run fail, and drops all else', () => {
    const culprits = [schedule.faults[7], schedule.faults[20]]
    let runs = 0
    const smallest = shrinkSchedule(schedule, candidate => {
      runs++
      return culprits.every(culprit => candidate.faults.some(fault => fault === culprit))
    })
    assert.deepEqual(smallest.faults, culprits)
    assert.deepEqual(smallest.links, GOOD_LINK)
    assert.deepEqual(smallest.clocks, [])
    assert.ok(runs < 200, `${runs} runs for ${schedule.faults.length} faults`)
  })

  it('keeps the conditions that it takes', () => {
    const needsLoss = (candidate: Schedule) => candidate.links.loss > 0
    const smallest = shrinkSchedule(schedule, needsLoss)
    assert.deepEqual(smallest.links, schedule.links)
    assert.deepEqual(smallest.faults, [])
  })
})

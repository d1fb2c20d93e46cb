import assert from 'node:assert/strict'
import { Kernel } from '../../../sim/kernel/kernel.ts'
import { createRandom } from '../../../sim/kernel/random.ts'

describe('kernel', () => {
  it('takes events in the order of their times, and equal times in the order of scheduling', () => {
    const kernel = new Kernel<string>(2)
    const random = createRandom(1)
    const expected: { atUs: number; name: string }[] = []
    for (let i = 0; i < 2_000; i++) {
      const atUs = random.int(100)
      kernel.schedule(atUs, 0, i, i % 7, `event ${i}`)
      expected.push({ atUs, name: `event ${i}` })
    }
    // Array.prototype.sort is stable.
    expected.sort((a, b) => a.atUs - b.atUs)
    const taken: { atUs: number; name: string | null }[] = []
    while (kernel.next(1_000)) taken.push({ atUs: kernel.nowUs, name: kernel.payload })
    assert.deepEqual(taken, expected)
  })

  it('keeps the order when events are scheduled between takes', () => {
    const kernel = new Kernel<null>()
    const random = createRandom(2)
    for (let i = 0; i < 50; i++) kernel.schedule(random.int(1_000), 0, 0, 0, null)
    let lastUs = 0
    let taken = 0
    while (kernel.next(100_000) && taken < 20_000) {
      assert.ok(kernel.nowUs >= lastUs)
      lastUs = kernel.nowUs
      taken++
      kernel.schedule(kernel.nowUs + random.int(500), 0, 0, 0, null)
      assert.equal(kernel.size, 50)
    }
    assert.ok(taken > 5_000)
  })

  it('gives kind, node, argument and payload back', () => {
    const kernel = new Kernel<{ readonly text: string }>()
    const payload = { text: 'shared' }
    kernel.schedule(5, 3, 70_000, -1, payload)
    assert.ok(kernel.next(10))
    assert.deepEqual([kernel.kind, kernel.node, kernel.arg], [3, 70_000, -1])
    assert.equal(kernel.payload, payload)
  })

  it('stops at the given time and stands there', () => {
    const kernel = new Kernel<null>()
    kernel.schedule(50, 0, 0, 0, null)
    assert.equal(kernel.next(49), false)
    assert.equal(kernel.nowUs, 49)
    assert.equal(kernel.next(50), true)
    assert.equal(kernel.nowUs, 50)
  })

  it('takes an event of the past for one of now: time never goes back', () => {
    const kernel = new Kernel<null>()
    kernel.next(1_000)
    kernel.schedule(10, 0, 0, 0, null)
    assert.ok(kernel.next(2_000))
    assert.equal(kernel.nowUs, 1_000)
  })
})

import assert from 'node:assert/strict'
import { createRandom } from '../../../sim/kernel/random.ts'

const draws = (random: { u32(): number }, n = 8): number[] => Array.from({ length: n }, () => random.u32())

describe('random', () => {
  it('repeats from its seed, and differs with it', () => {
    assert.deepEqual(draws(createRandom(7)), draws(createRandom(7)))
    assert.notDeepEqual(draws(createRandom(7)), draws(createRandom(8)))
    assert.notDeepEqual(draws(createRandom(1)), draws(createRandom(1 + 2 ** 32)))
  })

  it('forks by name: whatever was drawn before, the stream is the same', () => {
    const fresh = createRandom(7)
    const used = createRandom(7)
    draws(used, 1_000)
    used.fork('faults').u32()
    assert.deepEqual(draws(fresh.fork('net/3>5')), draws(used.fork('net/3>5')))
    assert.deepEqual(draws(fresh.fork('net').fork('3>5')), draws(fresh.fork('net/3>5')))
  })

  it('forks of different names are different streams', () => {
    const random = createRandom(7)
    const firsts = new Set(
      Array.from({ length: 10_000 }, (_, i) => draws(random.fork(`disk/${i}`), 2).join()),
    )
    assert.equal(firsts.size, 10_000)
  })

  it('draws every value of int evenly', () => {
    const random = createRandom(3)
    const seen = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) seen[random.int(10)] = (seen[random.int(10)] ?? 0) + 1
    for (const count of seen) assert.ok(Math.abs(count - 10_000) < 600, `${seen}`)
  })

  it('draws floats in [0, 1)', () => {
    const random = createRandom(4)
    let sum = 0
    for (let i = 0; i < 10_000; i++) {
      const value = random.float()
      assert.ok(value >= 0 && value < 1)
      sum += value
    }
    assert.ok(Math.abs(sum / 10_000 - 0.5) < 0.02)
  })
})

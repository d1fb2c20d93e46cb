import assert from 'node:assert/strict'
import type { Position } from '../../../src/position/position.ts'
import { ageMs, beliefOf, type Heard, WORLD_MAX_AUTHORS, World } from '../../../src/position/world.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { positionWith, T0_MS } from './samples.ts'

const heard = (changes: Partial<Position>, receivedUs = 0, ageAtReceiptMs = 0): Heard => ({
  signed: { position: positionWith(changes), cell: '881f8ed951fffff', bytes: new Uint8Array(1) },
  receivedUs,
  ageAtReceiptMs,
})

describe('world', () => {
  it('keeps of each author the report with the highest stamp', () => {
    const world = new World()
    assert.ok(world.hear(heard({ agent: 'a', hlc: 10, seq: 1 })))
    assert.ok(world.hear(heard({ agent: 'a', hlc: 12, seq: 3 })))
    assert.equal(world.hear(heard({ agent: 'a', hlc: 11, seq: 2 })), false)
    assert.equal(world.hear(heard({ agent: 'a', hlc: 12, seq: 3 })), false)
    assert.ok(world.hear(heard({ agent: 'b', hlc: 1 })))
    assert.equal(world.get('a')?.signed.position.seq, 3)
    assert.equal(world.size, 2)
  })

  it('lets reports age by the monotonic clock, on top of the age they came with', () => {
    const late = heard({}, 5_000_000, 2_000)
    assert.equal(ageMs(late, 5_000_000), 2_000)
    assert.equal(ageMs(late, 6_500_000), 3_500)
    assert.equal(beliefOf(late, 5_000_000, 500).kind, 'point')
    assert.equal(beliefOf(late, 6_500_000, 500).kind, 'volume')
  })

  it('forgets the long silent, and only them', () => {
    const world = new World()
    world.hear(heard({ agent: 'old' }, 0))
    world.hear(heard({ agent: 'came late' }, 30_000_000, 40_000))
    world.hear(heard({ agent: 'new' }, 30_000_000))
    assert.equal(world.forget(60_000_000, 59_999), 2)
    assert.deepEqual(
      Array.from(world.all(), each => each.signed.position.agent),
      ['new'],
    )
  })

  it('is not deaf after a clock that ran ahead was put right', () => {
    const world = new World()
    world.hear(heard({ hlc: hlcOfMs(T0_MS + 7_200_000) }, 0))
    world.forget(700_000_000, 600_000)
    assert.ok(world.hear(heard({ hlc: hlcOfMs(T0_MS) }, 700_000_000)))
  })

  it('holds a bounded number of authors: the report with the lowest stamp makes room', () => {
    const world = new World()
    for (let i = 0; i <= WORLD_MAX_AUTHORS + 5; i++) world.hear(heard({ agent: `a${i}`, hlc: 1_000 + i }))
    assert.equal(world.size, WORLD_MAX_AUTHORS)
    assert.equal(world.get('a5'), undefined)
    assert.ok(world.get('a6') !== undefined)
  })

  it('does not say that it took what it had no room for', () => {
    const world = new World()
    for (let i = 0; i < WORLD_MAX_AUTHORS; i++) world.hear(heard({ agent: `a${i}`, hlc: 1_000 + i }))
    assert.equal(world.hear(heard({ agent: 'older', hlc: 1 })), false)
    assert.equal(world.get('older'), undefined)
  })
})

import assert from 'node:assert/strict'
import { SimDisk } from '../../../sim/disk/disk.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import type { StoreOp } from '../../../src/ports.ts'

const put = (n: number, value = n): StoreOp => ({
  type: 'put',
  key: Uint8Array.of(n),
  value: Uint8Array.of(value),
})
const keys = (disk: SimDisk): number[] => disk.read().map(({ key }) => key[0] ?? -1)
const newDisk = (seed = 1) => new SimDisk(createRandom(seed).fork('disk/0'))

describe('disk', () => {
  it('a synced write hardens itself and all before it, and nothing after', () => {
    const disk = newDisk()
    for (const n of [1, 2, 3]) disk.write(n, [put(n)])
    disk.harden(2)
    assert.deepEqual(keys(disk), [1, 2])
    assert.deepEqual(
      [1, 2, 3].map(token => disk.isDurable(token)),
      [true, true, false],
    )
  })

  it('a power cut keeps a prefix of what was not synced; every length happens, and torn ends', () => {
    const lengths = new Set<number>()
    let torn = 0
    for (let seed = 0; seed < 200; seed++) {
      const disk = newDisk(seed)
      for (const n of [1, 2, 3, 4]) disk.write(n, [put(n)])
      disk.harden(1)
      const loss = disk.crash(true)
      const kept = keys(disk)
      assert.deepEqual(kept, [1, 2, 3, 4].slice(0, kept.length))
      assert.ok(kept.length >= 1, 'what was synced is kept')
      assert.equal(loss.kept + loss.lost, 3)
      lengths.add(kept.length)
      if (loss.torn) torn++
    }
    assert.deepEqual([...lengths].sort(), [1, 2, 3, 4])
    assert.ok(torn > 20)
  })

  it('a process that dies alone loses nothing: the page cache stays', () => {
    const disk = newDisk()
    for (const n of [1, 2, 3]) disk.write(n, [put(n)])
    disk.crash(false)
    assert.deepEqual(keys(disk), [1, 2, 3])
  })

  it('a full disk refuses writes, save those that may use the reserve', () => {
    const disk = newDisk()
    disk.trouble.full = true
    assert.equal(disk.write(1, [put(1)]), null)
    assert.notEqual(disk.write(2, [put(2)], true), null)
    disk.harden(2)
    assert.deepEqual(keys(disk), [2])
  })

  it('a slow disk takes longer', () => {
    const disk = newDisk()
    const fast = disk.write(1, [put(1)]) ?? 0
    disk.trouble.slowUs = 5_000_000
    assert.ok((disk.write(2, [put(2)]) ?? 0) >= 5_000_000)
    assert.ok(fast > 0 && fast < 5_000)
  })

  it('a hole takes one record out without a word', () => {
    const disk = newDisk()
    for (const n of [1, 2, 3]) disk.write(n, [put(n)])
    disk.harden(3)
    const hit = disk.punchHole(({ key }) => (key[0] ?? 0) < 3)
    assert.ok(hit !== null && !keys(disk).includes(hit.key[0] ?? -1))
    assert.equal(keys(disk).length, 2)
    assert.ok(keys(disk).includes(3))
  })

  it('a flipped bit alters one record', () => {
    const disk = newDisk()
    for (const n of [1, 2]) disk.write(n, [put(n, 0)])
    disk.harden(2)
    assert.ok(disk.flipBit(() => true) !== null)
    const bits = disk.read().map(({ value }) => value[0] ?? 0)
    assert.equal(bits.filter(value => value === 0).length, 1)
  })

  it('opening fails as often as told', () => {
    const disk = newDisk()
    assert.ok(Array.from({ length: 100 }, () => disk.opens()).every(Boolean))
    disk.trouble.readError = 0.5
    const opened = Array.from({ length: 1_000 }, () => disk.opens()).filter(Boolean).length
    assert.ok(Math.abs(opened - 500) < 80)
  })

  it('reads ranges in the order of the keys', () => {
    const disk = newDisk()
    for (const n of [200, 3, 40]) disk.write(n, [put(n)])
    disk.harden(40)
    assert.deepEqual(
      disk.range(Uint8Array.of(3), Uint8Array.of(200)).map(([key]) => key[0]),
      [3, 40],
    )
  })
})

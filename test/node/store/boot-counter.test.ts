import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nextBoot, readBoot, writeBoot } from '../../../node/store/boot-counter.ts'
import { tempDirs } from './temp-dir.ts'

describe('node/store/boot-counter', () => {
  const tempDir = tempDirs()

  it('counts from one, and never gives a number twice', async () => {
    const dir = await tempDir()
    assert.equal(await readBoot(dir), null)
    assert.deepEqual([await nextBoot(dir), await nextBoot(dir), await nextBoot(dir)], [1, 2, 3])
    assert.deepEqual(await readBoot(dir), { boot: 3, logSeq: 0 })
  })

  it('keeps how far the log reached', async () => {
    const dir = await tempDir()
    await writeBoot(dir, { boot: 4, logSeq: 1234 })
    assert.equal(await nextBoot(dir), 5)
    assert.deepEqual(await readBoot(dir), { boot: 5, logSeq: 1234 })
  })

  it('goes on from what the log has seen when the file is lost', async () => {
    assert.equal(await nextBoot(await tempDir(), 17), 18)
  })

  it('notices every flipped byte of its file', async () => {
    const dir = await tempDir()
    await writeBoot(dir, { boot: 12, logSeq: 345 })
    const bytes = await readFile(join(dir, 'boot'))
    for (let at = 0; at < bytes.byteLength; at++) {
      const flipped = Uint8Array.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      await writeFile(join(dir, 'boot'), flipped)
      assert.equal(await readBoot(dir), null, `byte ${at}`)
    }
  })
})

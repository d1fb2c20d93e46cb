import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store, StoreError } from '../../../node/store/index.ts'
import { keyOf, rangeOf } from '../../../src/eventlog/keys.ts'
import { tempDirs } from './temp-dir.ts'

const MIB = 1 << 20
const OPTIONS = { reserveBytes: 6 * MIB, fullBelowBytes: MIB / 2 }

const mountTmpfs = (dir: string): void => {
  execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', dir], { stdio: 'ignore' })
}

/** Mounting a small disk needs root. */
function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'skein-store-'))
  try {
    mountTmpfs(dir)
    execFileSync('/bin/umount', ['-l', dir])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(dir)
  }
}

async function count(store: Store): Promise<number> {
  let total = 0
  for await (const chunk of store.iterate(rangeOf('event'))) total += chunk.length
  return total
}

/** Writes until the disk refuses; returns how many writes were acknowledged. */
async function writeUntilFull(store: Store, from: number): Promise<number> {
  for (let n = from; n < from + 1_000; n++) {
    try {
      const value = new Uint8Array(64 << 10)
      crypto.getRandomValues(value.subarray(0, 65_536))
      await store.write([{ type: 'put', key: keyOf('event', n), value }], true)
    } catch (error) {
      assert.ok(error instanceof StoreError, String(error))
      assert.equal(error.code, 'store-full')
      return n - from
    }
  }
  throw new Error('the disk never got full')
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !holds(); i++) await new Promise(resolve => setTimeout(resolve, 100))
  assert.ok(holds(), what)
}

describe('node/store: a full disk', () => {
  let disk: string | null = null
  // Before the directories go: hooks run in the order they are given.
  afterEach(() => {
    if (disk !== null) execFileSync('/bin/umount', ['-l', disk])
    disk = null
  })
  const tempDir = tempDirs()

  const mounts = canMount()
  const onSmallDisk = mounts ? it : it.skip
  if (!mounts) console.log('    skipped: a full disk (no small tmpfs can be mounted here, which needs root)')

  beforeEach(async () => {
    if (!mounts) return
    const dir = await tempDir()
    mountTmpfs(dir)
    disk = dir
  })

  async function fillDisk(dir: string): Promise<void> {
    await writeFile(join(dir, 'ballast'), new Uint8Array(64 * MIB)).catch(() => undefined)
  }

  onSmallDisk(
    'loses nothing acknowledged, starts on a full disk, and goes on by itself when there is room',
    async function () {
      this.timeout(20_000)
      const dir = disk ?? ''
      const data = join(dir, 'data')
      const store = await openStore(data, OPTIONS)
      await store.reserved
      for (let n = 0; n < 20; n++) {
        await store.write([{ type: 'put', key: keyOf('event', n), value: new Uint8Array(1_000) }], true)
      }
      await fillDisk(dir)
      const acknowledged = 20 + (await writeUntilFull(store, 20))
      assert.equal(store.state(), 'full')
      // Some more acknowledged writes may be told apart from the one that failed; none may be missing.
      assert.ok((await count(store)) >= acknowledged)
      await store.write([{ type: 'del', key: keyOf('event', 0) }], true, { makesRoom: true })
      await store.close()

      await fillDisk(dir)
      const again = await openStore(data, OPTIONS)
      await again.reserved
      assert.equal(again.state(), 'full')
      assert.ok((await count(again)) >= acknowledged - 1)
      const key = keyOf('event', 5_000)
      await assert.rejects(again.write([{ type: 'put', key, value: key }], true), { code: 'store-full' })

      await rm(join(dir, 'ballast'))
      await until('the store notices that there is room', () => again.state() !== 'full')
      await again.write([{ type: 'put', key, value: key }], true)
      assert.equal((await stat(join(data, 'reserve'))).size, OPTIONS.reserveBytes)
      await again.close()
    },
  )

  onSmallDisk('survives a disk that fills up between two looks at it', async function () {
    this.timeout(20_000)
    const dir = disk ?? ''
    const store = await openStore(join(dir, 'data'), { ...OPTIONS, fullBelowBytes: 0 })
    await store.reserved
    await fillDisk(dir)
    const acknowledged = await writeUntilFull(store, 0)
    // The first write that the disk refused went through into the reserve's space.
    assert.ok(acknowledged >= 1)
    assert.equal(store.state(), 'full')
    await rm(join(dir, 'ballast'))
    await until('the store notices that there is room', () => store.state() !== 'full')
    await store.write([{ type: 'put', key: keyOf('event', 9_999), value: new Uint8Array(10) }], true)
    assert.ok((await count(store)) >= acknowledged + 1)
    await store.close()
  })
})

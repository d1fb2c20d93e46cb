import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type Store, StoreError } from '../../../node/store/index.ts'
import { keyOf, numberOfKey, rangeOf } from '../../../src/eventlog/keys.ts'
import type { StoreOp } from '../../../src/ports.ts'
import { tempDirs } from './temp-dir.ts'

const SMALL = { reserveBytes: 1 << 16 }
const put = (n: number, bytes = 10): StoreOp => ({
  type: 'put',
  key: keyOf('event', n),
  value: new Uint8Array(bytes).fill(n),
})

async function numbers(store: Store, options = {}): Promise<number[]> {
  const found: number[] = []
  for await (const chunk of store.iterate(rangeOf('event'), options)) {
    found.push(...chunk.map(([key]) => numberOfKey('event', key) ?? -1))
  }
  return found
}

const hasCode =
  (code: string, ...words: RegExp[]) =>
  (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error))
    assert.equal(error.code, code)
    for (const word of words) assert.match(error.message, word)
    return true
  }

describe('node/store/store', () => {
  const tempDir = tempDirs()

  it('keeps what was written, in key order, over a restart', async () => {
    const dir = await tempDir()
    const first = await openStore(dir, SMALL)
    await Promise.all([3, 300, 1, 70_000].map(n => first.write([put(n)], n === 1)))
    await first.close()
    const second = await openStore(dir, SMALL)
    assert.deepEqual(await numbers(second), [1, 3, 300, 70_000])
    assert.deepEqual(await numbers(second, { reverse: true, limit: 2 }), [70_000, 300])
    await second.reserved
    assert.equal(second.state(), 'ok')
    assert.ok(second.sizeBytes() > 0)
    await second.close()
    await second.close()
    await assert.rejects(second.write([put(1)], true), hasCode('store-closed'))
  })

  it('applies writes in the order of their calls, each as a whole', async () => {
    const store = await openStore(await tempDir(), SMALL)
    const writes = Array.from({ length: 500 }, (_, i) =>
      store.write(
        [{ type: 'put', key: keyOf('meta', 1), value: Uint8Array.of(i & 255, i >> 8) }, put(i)],
        i % 7 === 0,
      ),
    )
    await Promise.all(writes)
    const { value: chunk } = await store.iterate(rangeOf('meta')).next()
    assert.deepEqual([...(chunk?.[0]?.[1] ?? [])], [499 & 255, 499 >> 8])
    assert.equal((await numbers(store)).length, 500)
    await store.close()
  })

  it('waits at close for what was asked for before', async () => {
    const dir = await tempDir()
    const store = await openStore(dir, SMALL)
    const writes = Promise.all([1, 2, 3].map(n => store.write([put(n)], true)))
    await store.close()
    await writes
    const again = await openStore(dir, SMALL)
    assert.deepEqual(await numbers(again), [1, 2, 3])
    await again.close()
  })

  it('waits at close for a write that still looks at the free space', async () => {
    const dir = await tempDir()
    const store = await openStore(dir, SMALL)
    // Long enough after the last look for the next write to take another.
    await sleep(1_100)
    const writing = store.write([put(1)], true)
    await store.close()
    await writing
    const again = await openStore(dir, SMALL)
    assert.deepEqual(await numbers(again), [1])
    await again.close()
  })

  it('reads many chunks, and stops when told', async () => {
    const store = await openStore(await tempDir(), SMALL)
    await store.write(
      Array.from({ length: 3_500 }, (_, i) => put(i)),
      false,
    )
    assert.equal((await numbers(store)).length, 3_500)
    for await (const chunk of store.iterate(rangeOf('event'))) {
      assert.ok(chunk.length > 0)
      break
    }
    const stop = new AbortController()
    const reading = async () => {
      for await (const _ of store.iterate(rangeOf('event'), { signal: stop.signal })) stop.abort()
    }
    await assert.rejects(reading, { name: 'AbortError' })
    await store.close()
  })

  it('does not open when told to stop before', async () => {
    await assert.rejects(openStore(await tempDir(), { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })

  it('refuses a directory in use, and says by whom', async () => {
    const dir = await tempDir()
    const holder = await openStore(dir, SMALL)
    const by = new RegExp(`process ${process.pid}`)
    await assert.rejects(openStore(dir, SMALL), hasCode('store-in-use', new RegExp(dir), by, /--data-dir/))
    await holder.close()
    await (await openStore(dir, SMALL)).close()
  })

  it('refuses a directory of a newer program, and leaves it as it is', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'version'), 'skein data directory 3\n')
    await assert.rejects(openStore(dir, SMALL), hasCode('store-newer-version', /version 3/, /newer program/))
    assert.deepEqual(await readdir(dir), ['version'])
  })

  it('refuses a directory that is something else', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'version'), '1.2.3')
    await assert.rejects(openStore(dir, SMALL), hasCode('store-unusable', /version/))
    await writeFile(join(dir, 'file'), '')
    await assert.rejects(openStore(join(dir, 'file'), SMALL), hasCode('store-unusable', /--data-dir/))
  })

  for (const name of ['CURRENT', 'MANIFEST']) {
    it(`says what to do about a damaged ${name}, and repairs it only when told`, async () => {
      const dir = await tempDir()
      const store = await openStore(dir, SMALL)
      for (let n = 1; n <= 50; n++) await store.write([put(n)], true)
      await store.close()
      const path = join(
        dir,
        'log',
        (await readdir(join(dir, 'log'))).find(file => file.startsWith(name)) ?? name,
      )
      const bytes = await readFile(path)
      bytes[8] = (bytes[8] ?? 0) ^ 1
      await writeFile(path, name === 'CURRENT' ? '' : bytes)
      await assert.rejects(openStore(dir, SMALL), hasCode('store-corrupt', /--repair/))
      assert.ok(!(await readdir(dir)).includes('log.damaged-1'))
      const repaired = await openStore(dir, { ...SMALL, repair: true })
      assert.equal((await numbers(repaired)).length, 50)
      assert.ok((await readdir(dir)).includes('log.damaged-1'))
      await repaired.close()
    })
  }

  it('knows how much LevelDB dropped, until that is dealt with', async () => {
    const dir = await tempDir()
    const store = await openStore(dir, SMALL)
    for (let n = 1; n <= 50; n++) await store.write([put(n, 200)], true)
    await store.close()
    const log = join(dir, 'log', (await readdir(join(dir, 'log'))).find(file => file.endsWith('.log')) ?? '')
    const bytes = await readFile(log)
    bytes[bytes.byteLength - 20] = 77
    await writeFile(log, bytes)
    const damaged = await openStore(dir, SMALL)
    assert.equal((await numbers(damaged)).length, 49)
    assert.ok(damaged.droppedBytes >= 200)
    await damaged.close()
    const again = await openStore(dir, SMALL)
    assert.ok(again.droppedBytes >= 200)
    await again.dropHandled()
    await again.close()
    const handled = await openStore(dir, SMALL)
    assert.equal(handled.droppedBytes, 0)
    await handled.close()
  })

  it('leaves the reserve to whom it belongs when it is opened only to read, however short the disk is', async () => {
    const dir = await tempDir()
    const owner = await openStore(dir, SMALL)
    await owner.reserved
    await owner.close()
    const short = { fullBelowBytes: Number.MAX_SAFE_INTEGER }
    await (await openStore(dir, { ...short, reserveBytes: null })).close()
    assert.equal((await stat(join(dir, 'reserve'))).size, SMALL.reserveBytes)
    await (await openStore(dir, { ...short, ...SMALL })).close()
    await assert.rejects(stat(join(dir, 'reserve')), { code: 'ENOENT' })
  })

  it('really allocates its reserve', async () => {
    const dir = await tempDir()
    const store = await openStore(dir, { reserveBytes: 3_000_000 })
    await store.reserved
    const { size, blocks } = await stat(join(dir, 'reserve'))
    assert.equal(size, 3_000_000)
    assert.ok(blocks * 512 >= 3_000_000)
    await store.close()
  })
})

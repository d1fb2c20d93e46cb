import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { openStore, type Store } from '../../../../node/store/index.ts'
import { recoverStore } from '../../../../node/store/recover-store.ts'
import type { KeySource } from '../../../../node/store/sealed/key-source.ts'
import { unlockData } from '../../../../node/store/sealed/unlock.ts'
import { ed25519Signer } from '../../../../protocols/identity/ed25519.ts'
import { type Entry, keyOf, quarantineKey, rangeOf } from '../../../../src/eventlog/keys.ts'
import { createEventLog } from '../../../../src/eventlog/log.ts'
import { sealRecord } from '../../../../src/eventlog/record.ts'
import { hlcOfMs } from '../../../../src/time/hlc.ts'
import { tempDirs } from '../temp-dir.ts'
import { newKey } from './keys.ts'

const signer = ed25519Signer(createHash('sha256').update('skein sealed store test').digest())
const author = '12D3KooWSealedStoreTest'
const hlc = hlcOfMs(1_760_000_000_000)
const { signal } = new AbortController()
const SECRET = 'a word that stands in every event'

const recover = (store: Store) => recoverStore(store, { author, signer, hlc, signal, full: true })

async function append(store: Store, count: number): Promise<void> {
  const { boot, recovered } = await recover(store)
  const log = createEventLog({ author, boot, signer, head: recovered.log })
  for (let i = 1; i <= count; i++) {
    log.append({ type: 'test.word', subject: '', data: { word: SECRET, i } }, hlc + i)
    if (i % 5 > 0) continue
    await store.write(log.flush(i)?.ops ?? [], true)
    log.written(i)
  }
}

async function all(store: Store, bucket: 'event' | 'quarantine'): Promise<Entry[]> {
  const found: Entry[] = []
  for await (const chunk of store.iterate(rangeOf(bucket))) found.push(...chunk)
  return found
}

type Raw = Level<Uint8Array, Uint8Array>

/** Works on the database as somebody without the key can. */
async function behindItsBack(dir: string, work: (db: Raw) => Promise<void>): Promise<void> {
  const db: Raw = new Level(join(dir, 'sealed', 'log'), { keyEncoding: 'view', valueEncoding: 'view' })
  await db.open()
  await work(db)
  await db.close()
}

async function valueAt(db: Raw, key: Uint8Array): Promise<Uint8Array> {
  const value = await db.get(key)
  assert.ok(value !== undefined)
  return value
}

describe('node/store/sealed/sealed-store', () => {
  const tempDir = tempDirs()
  let dir = ''
  let source: KeySource
  const open = async (place = dir) =>
    openStore(place, { reserveBytes: 0, key: await unlockData(place, source) })
  beforeEach(async () => {
    dir = await tempDir()
    source = newKey(await tempDir())
  })

  async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = await open()
    return work(store).finally(() => store.close())
  }

  it('gives back what was written, forwards and backwards, over restarts', async () => {
    for (const n of [3, 1, 2]) {
      await withStore(store =>
        store.write([{ type: 'put', key: keyOf('event', n), value: Uint8Array.of(n) }], true),
      )
    }
    await withStore(async store => {
      assert.deepEqual(
        (await all(store, 'event')).map(([, value]) => [...value]),
        [[1], [2], [3]],
      )
      await store.write([{ type: 'del', key: keyOf('event', 2) }], true)
      const [newest] = (await store.iterate(rangeOf('event'), { reverse: true, limit: 1 }).next()).value ?? []
      assert.deepEqual(newest?.[1], Uint8Array.of(3))
      assert.deepEqual([store.state(), store.droppedBytes, store.dir], ['ok', 0, dir])
    })
    assert.equal((await withStore(store => all(store, 'event'))).length, 2)
  })

  it('leaves no word of an event on the disk, in whatever file', async () => {
    await withStore(store => append(store, 200))
    const words = [SECRET, author, 'test.word'].map(word => Buffer.from(word))
    const names = await readdir(dir, { recursive: true, withFileTypes: true })
    const files = names.filter(entry => entry.isFile())
    assert.ok(files.length > 4)
    for (const { parentPath, name } of files) {
      const bytes = await readFile(join(parentPath, name))
      for (const word of words) assert.ok(!bytes.includes(word), `${word} in ${name}`)
    }
    const plain = await openStore(await tempDir(), { reserveBytes: 0 })
    await append(plain, 5)
    await plain.close()
    const wal = (await readdir(join(plain.dir, 'log'))).find(name => name.endsWith('.log')) ?? ''
    assert.ok((await readFile(join(plain.dir, 'log', wal))).includes(words[0] ?? 'none'), 'the search works')
  })

  const damages: readonly [string, (db: Raw) => Promise<void>, readonly number[]][] = [
    [
      'a flipped bit',
      async db => {
        const value = await valueAt(db, keyOf('event', 23))
        await db.put(keyOf('event', 23), value.with(40, (value[40] ?? 0) ^ 1))
      },
      [23],
    ],
    [
      'two events that were swapped',
      async db => {
        const [a, b] = [await valueAt(db, keyOf('event', 31)), await valueAt(db, keyOf('event', 53))]
        await db.batch([
          { type: 'put', key: keyOf('event', 31), value: b },
          { type: 'put', key: keyOf('event', 53), value: a },
        ])
      },
      [31, 53],
    ],
    [
      'an event in plain, its checksum right',
      db => db.put(keyOf('event', 42), sealRecord(Uint8Array.of(1, 2, 3))),
      [42],
    ],
    ['an empty value', db => db.put(keyOf('event', 50), new Uint8Array()), [50]],
  ]
  for (const [what, damage, seqs] of damages) {
    it(`takes ${what} for a damaged record: set aside as it was found, reported, and the rest is kept`, async () => {
      await withStore(store => append(store, 60))
      const found: Uint8Array[] = []
      await behindItsBack(dir, async db => {
        await damage(db)
        for (const seq of seqs) found.push(await valueAt(db, keyOf('event', seq)))
      })
      await withStore(async store => {
        const { recovered } = await recover(store)
        assert.deepEqual(
          recovered.gaps,
          seqs.map(seq => ({ first: seq, last: seq })),
        )
        assert.ok(recovered.faults.every(({ fault }) => fault === 'checksum'))
        assert.equal(recovered.quarantined, true)
        const aside = await all(store, 'quarantine')
        assert.deepEqual(
          aside.map(([key]) => Uint8Array.from(key)),
          seqs.map(seq => quarantineKey(keyOf('event', seq))),
        )
        for (const [i, [, value]] of aside.entries())
          assert.ok(Buffer.from(found[i] ?? []).equals(value.subarray(4)))
      })
      await withStore(async store => assert.deepEqual((await recover(store)).recovered.faults, []))
    })
  }

  it('goes on in a clone and in a restored backup, each with keys of its own', async () => {
    await withStore(store => append(store, 20))
    const backup = await tempDir()
    await cp(dir, backup, { recursive: true })
    const [here, there] = await Promise.all([open(), open(backup)])
    await Promise.all([append(here, 20), append(there, 20)])
    await Promise.all([here.close(), there.close()])
    const heads = new Set<string>()
    let count = 0
    for (const place of [dir, backup]) {
      await behindItsBack(place, async db => {
        for await (const [key, value] of db.iterator(rangeOf('event', 21))) {
          assert.equal(key[0], 0x65)
          heads.add(Buffer.from(value.subarray(1, 17)).toString('hex'))
          count += 1
        }
      })
    }
    assert.equal(count, 40)
    assert.equal(heads.size, count)
  })
})

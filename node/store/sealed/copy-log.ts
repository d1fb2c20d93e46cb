import { createHash, type KeyObject } from 'node:crypto'
import type { Entry, KeyRange } from '../../../src/eventlog/keys.ts'
import { syncDir } from '../durable-file.ts'
import type { Store } from '../interface.ts'
import { logPath } from '../layout.ts'
import { type Database, openLevel } from '../level.ts'
import { StoreError } from '../store-error.ts'
import { createValueCipher, type ValueCipher } from './value-cipher.ts'

export interface CopyOptions {
  readonly signal: AbortSignal
  readonly onStep?: (step: 'copy' | 'check') => Promise<void> | void
}

type Chunks = AsyncIterable<readonly Entry[]>

const EVERYTHING: KeyRange = { gte: Uint8Array.of(0), lt: Uint8Array.of(255) }
const CHUNK_ENTRIES = 1_000

/**
 * Writes all of an open store into a new LevelDB where the other layout has it: encrypted under `key`, or in plain if null.
 * When it resolves that is on disk, and was read back and found the same. @throws StoreError
 */
export async function copyLog(store: Store, key: KeyObject | null, options: CopyOptions): Promise<void> {
  const { dir } = store
  const path = logPath(dir, key === null ? 'plain' : 'sealed')
  const cipher = key === null ? null : createValueCipher(key)
  await options.onStep?.('copy')
  const copied = await withLevel(dir, path, db => copyInto(db, store.iterate(EVERYTHING, options), cipher))
  await syncDir(path)
  await options.onStep?.('check')
  const found = await withLevel(dir, path, db => digestOf(entriesOf(db, cipher, options.signal)))
  if (found === copied) return
  const advice = 'Nothing was changed. Look at the disk and the kernel log'
  throw new StoreError('store-failing', dir, 'what was written could not be read back as it was', advice)
}

async function withLevel<T>(dir: string, path: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openLevel(dir, path)
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

/** Every batch is synced: when LevelDB begins a new write-ahead log, it does not sync the one before. */
async function copyInto(db: Database, chunks: Chunks, cipher: ValueCipher | null): Promise<string> {
  async function* written(): Chunks {
    for await (const chunk of chunks) {
      const batch = db.batch()
      for (const [at, value] of chunk) batch.put(at, cipher === null ? value : cipher.seal(at, value))
      await batch.write({ sync: true })
      yield chunk
    }
  }
  return digestOf(written())
}

/** What can't be opened counts as empty, and is not what was written. */
async function* entriesOf(db: Database, cipher: ValueCipher | null, signal: AbortSignal): Chunks {
  const iterator = db.iterator({ ...EVERYTHING, highWaterMarkBytes: 1 << 20 })
  try {
    for (;;) {
      signal.throwIfAborted()
      const chunk = await iterator.nextv(CHUNK_ENTRIES)
      if (chunk.length === 0) return
      if (cipher === null) yield chunk
      else yield chunk.map(([at, stored]): Entry => [at, cipher.open(at, stored) ?? new Uint8Array()])
    }
  } finally {
    await iterator.close()
  }
}

/** Of all entries, in order, each with its lengths. */
async function digestOf(chunks: Chunks): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) {
    for (const [at, value] of chunk)
      hash.update(`${at.byteLength} ${value.byteLength} `).update(at).update(value)
  }
  return hash.digest('hex')
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openStore, type Store } from '../../../node/store/index.ts'
import { logPath } from '../../../node/store/layout.ts'
import { exportLog, readEvents } from '../../../node/store/read-log.ts'
import { recoverStore } from '../../../node/store/recover-store.ts'
import { retainLog } from '../../../node/store/retain.ts'
import { unlockData } from '../../../node/store/sealed/unlock.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { keyOf } from '../../../src/eventlog/keys.ts'
import { createEventLog } from '../../../src/eventlog/log.ts'
import { encodeSnapshot } from '../../../src/eventlog/snapshot.ts'
import { verifyLog } from '../../../src/eventlog/verify-log.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { NO_KEY, newKey } from './sealed/keys.ts'
import { tempDirs } from './temp-dir.ts'

const SMALL = { reserveBytes: 1 << 16 }
const seed = createHash('sha256').update('skein crash test').digest()
const signer = ed25519Signer(seed)
const author = '12D3KooWCrashTest'
const hlc = hlcOfMs(1_760_000_000_000)
const { signal } = new AbortController()

const recover = (store: Store) => recoverStore(store, { author, signer, hlc, signal })

/** Appends `count` events, `perBatch` to a synced write. */
async function append(store: Store, count: number, perBatch = 5): Promise<void> {
  const { boot, recovered } = await recover(store)
  const log = createEventLog({ author, boot, signer, head: recovered.log })
  for (let i = 1; i <= count; i++) {
    log.append({ type: 'flight.position', subject: '', data: { latE7: i, lonE7: -i } }, hlc + i)
    const write = i % perBatch === 0 ? log.flush(i) : null
    if (write === null) continue
    await store.write(write.ops, write.sync)
    log.written(i)
  }
}

async function seqs(store: Store): Promise<number[]> {
  const found: number[] = []
  for await (const { event } of readEvents(store, 1)) found.push(event.seq)
  return found
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

for (const layout of ['plain', 'sealed'] as const)
  describe(`node/store: crashes and damage, ${layout}`, () => {
    const tempDir = tempDirs()
    const keys = tempDirs()
    let source = NO_KEY
    beforeEach(async () => {
      source = layout === 'sealed' ? newKey(await keys()) : NO_KEY
    })
    const open = async (dir: string): Promise<Store> =>
      openStore(dir, { ...SMALL, key: await unlockData(dir, source) })
    /** LevelDB's write-ahead log, which holds all that was written since the store was opened. */
    const walOf = async (dir: string): Promise<string> => {
      const path = logPath(dir, layout)
      return join(path, (await readdir(path)).find(name => name.endsWith('.log')) ?? 'none')
    }

    it('loses nothing acknowledged when the process is killed in the middle of writing', async function () {
      this.timeout(20_000)
      const dir = await tempDir()
      let acknowledged = 0
      for (let round = 1; round <= 3; round++) {
        const args = [
          fileURLToPath(import.meta.resolve('./writer.ts')),
          dir,
          author,
          seed.toString('hex'),
          source.file ?? [],
        ].flat()
        const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const enough = acknowledged + 400 * round
        for await (const line of createInterface({ input: child.stdout })) {
          acknowledged = Number(line)
          if (acknowledged >= enough && !child.killed) child.kill('SIGKILL')
        }
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
        assert.equal(child.signalCode, 'SIGKILL')
        const store = await open(dir)
        const { boot, recovered } = await recover(store)
        assert.deepEqual([recovered.faults, recovered.quarantined, boot], [[], false, 2 * round])
        assert.ok(recovered.log.seq >= acknowledged, `${recovered.log.seq} of ${acknowledged} acknowledged`)
        assert.equal((await seqs(store)).length, recovered.log.seq)
        await store.close()
      }
    })

    it('finds the hole that a flipped byte leaves, though LevelDB opens without an error', async () => {
      const dir = await tempDir()
      const store = await open(dir)
      await append(store, 400)
      await store.close()
      const wal = await walOf(dir)
      const bytes = await readFile(wal)
      const at = Math.floor(bytes.byteLength / 2)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await writeFile(wal, bytes)

      const damaged = await open(dir)
      const left = (await seqs(damaged)).filter(seq => seq <= 400)
      assert.ok(left.length < 400 && left.includes(400))
      const { recovered } = await recover(damaged)
      const lost = upTo(400).filter(seq => !left.includes(seq))
      assert.deepEqual(
        recovered.faults.map(fault => fault.fault),
        ['hole'],
      )
      assert.deepEqual(recovered.gaps, [{ first: lost[0], last: lost.at(-1) }])
      assert.equal(recovered.quarantined, true)
      await damaged.close()

      const later = await open(dir)
      const again = await recover(later)
      assert.deepEqual([again.recovered.faults, again.recovered.quarantined], [[], true])
      assert.deepEqual(again.recovered.gaps, recovered.gaps)
      assert.equal(again.recovered.log.seq, 401)
      await later.close()
    })

    it('does not take acknowledged events for a torn tail when a byte flips at the very end', async () => {
      const dir = await tempDir()
      const store = await open(dir)
      await append(store, 100)
      await store.close()
      const wal = await walOf(dir)
      const bytes = await readFile(wal)
      bytes[bytes.byteLength - 30] = (bytes[bytes.byteLength - 30] ?? 0) ^ 1
      await writeFile(wal, bytes)

      const damaged = await open(dir)
      const { recovered } = await recover(damaged)
      assert.deepEqual(
        recovered.faults.map(fault => [fault.fault, fault.first]),
        [['rollback', 96]],
      )
      assert.equal(recovered.quarantined, true)
      // No number that was acknowledged is ever used again.
      assert.ok(recovered.log.seq > 100)
      assert.deepEqual((await seqs(damaged)).slice(0, 96), [...upTo(95), recovered.log.seq])
      assert.equal(damaged.droppedBytes, 0)
      await damaged.close()
    })

    it('cuts a torn tail: the write that was under way when the power went', async () => {
      const dir = await tempDir()
      const store = await open(dir)
      await append(store, 100)
      await store.close()
      const wal = await walOf(dir)
      const { byteLength } = await readFile(wal)
      await truncate(wal, byteLength - 10)
      const torn = await open(dir)
      const { recovered } = await recover(torn)
      assert.deepEqual([recovered.faults, recovered.quarantined, recovered.log.seq], [[], false, 95])
      await append(torn, 5)
      assert.deepEqual(await seqs(torn), upTo(100))
      await torn.close()
    })

    it('exports what verifyLog believes, from anywhere', async () => {
      const store = await open(await tempDir())
      await append(store, 60)
      for (const fromSeq of [1, 23]) {
        const lines: string[] = []
        for await (const line of exportLog(store, { fromSeq })) lines.push(line)
        const verdict = verifyLog(lines, { [author]: signer.publicKey }, signer)
        assert.ok(verdict.ok, JSON.stringify(verdict))
        assert.deepEqual([verdict.first, verdict.last, verdict.events], [fromSeq, 60, 61 - fromSeq])
      }
      const some = readEvents(store, 10, { limit: 3, keep: ({ event }) => event.seq % 2 === 0 })
      assert.deepEqual(
        (await collect(some)).map(({ event }) => event.seq),
        [10, 12, 14],
      )
      const last = readEvents(store, 1, { limit: 2, reverse: true })
      assert.deepEqual(
        (await collect(last)).map(({ event }) => event.seq),
        [60, 59],
      )
      assert.deepEqual(await collect(readEvents(store, 1, { limit: 0 })), [])
      await store.close()
    })

    it('drops its oldest batches behind a snapshot, and is whole after it', async () => {
      const dir = await tempDir()
      const store = await open(dir)
      await append(store, 100)
      const { boot, recovered } = await recover(store)
      const { log, view } = recovered
      const snapshot = encodeSnapshot({ author, boot, head: log, view, gaps: [] }, signer)
      await store.write([{ type: 'put', key: keyOf('snapshot', log.seq), value: snapshot }], true)
      const policy = { bytesMax: 0, ageMsMax: 1 }
      const bounds = { snapshotSeq: log.seq, keepFromSeq: 63 }
      assert.equal(await retainLog(store, policy, bounds, signal), 61)
      assert.deepEqual(await seqs(store), upTo(100).slice(60))
      const full = await recoverStore(store, { author, signer, hlc, signal, full: true })
      assert.deepEqual([full.recovered.faults, full.recovered.stats.verifiedFrom], [[], 61])
      assert.deepEqual(full.recovered.view, view)
      await store.close()
    })
  })

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

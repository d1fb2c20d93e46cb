import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { openStore, type Store } from '../../../node/store/index.ts'
import { exportLog } from '../../../node/store/read-log.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { createEventLog, GENESIS } from '../../../src/eventlog/log.ts'
import { verifyLog } from '../../../src/eventlog/verify-log.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { tempDirs } from './temp-dir.ts'

const signer = ed25519Signer(createHash('sha256').update('skein export test').digest())
const author = '12D3KooWExportTest'
const hlc = hlcOfMs(1_760_000_000_000)

/** Appends and writes without a pause until the signal aborts, in batches of one event to seven. */
async function writeOn(store: Store, signal: AbortSignal): Promise<number> {
  const log = createEventLog({ author, boot: 1, signer, head: GENESIS })
  for (let i = 1; !signal.aborted; i++) {
    for (let k = 0; k <= i % 7; k++)
      log.append({ type: 'flight.position', subject: '', data: { i, k } }, hlc + i * 8 + k)
    const write = log.flush(i)
    if (write === null) throw new Error('nothing to write')
    await store.write(write.ops, write.sync)
    log.written(i)
  }
  return log.durableHead.seq
}

async function exported(store: Store, fromSeq = 1): Promise<string[]> {
  const lines: string[] = []
  for await (const line of exportLog(store, { fromSeq })) lines.push(line)
  return lines
}

const verify = (lines: readonly string[]) => verifyLog(lines, { [author]: signer.publicKey }, signer)

describe('node/store: export', () => {
  const tempDir = tempDirs()

  it('is whole at every moment while events are written at full speed', async function () {
    this.timeout(30_000)
    const store = await openStore(await tempDir(), { reserveBytes: 0 })
    const stop = new AbortController()
    const writing = writeOn(store, stop.signal)
    let last = 0
    for (let round = 0; round < 60 || last < 300; round++) {
      const fromSeq = round % 3 === 0 ? 1 : Math.max(1, last - 5)
      const lines = await exported(store, fromSeq)
      const verdict = verify(lines)
      assert.ok(verdict.ok, `export ${round}: ${JSON.stringify(verdict)}`)
      assert.ok(verdict.last >= last, `ends at ${verdict.last}, and ended at ${last} before`)
      assert.equal(JSON.parse(lines.at(-1) ?? '{"kind":"batch"}').kind, 'batch')
      last = verdict.last
    }
    stop.abort()
    const written = await writing
    const verdict = verify(await exported(store))
    assert.deepEqual([verdict.ok, verdict.ok && verdict.last], [true, written])
    await store.close()
  })

  it('begins at any event, in the middle of a batch too, with the signature that covers it', async () => {
    const store = await openStore(await tempDir(), { reserveBytes: 0 })
    const log = createEventLog({ author, boot: 1, signer, head: GENESIS })
    for (let i = 1; i <= 30; i++) {
      log.append({ type: 'flight.position', subject: '', data: { i } }, hlc + i)
      const write = i % 10 === 0 ? log.flush(i) : null
      if (write === null) continue
      await store.write(write.ops, write.sync)
      log.written(i)
    }
    for (let fromSeq = 1; fromSeq <= 30; fromSeq++) {
      const verdict = verify(await exported(store, fromSeq))
      assert.ok(verdict.ok, JSON.stringify(verdict))
      const batches = 3 - Math.floor((fromSeq - 1) / 10)
      assert.deepEqual([verdict.first, verdict.last, verdict.batches], [fromSeq, 30, batches])
    }
    assert.deepEqual(await exported(store, 31), [])
    await store.close()
  })

  it('finds every line that was altered or left out', async () => {
    const store = await openStore(await tempDir(), { reserveBytes: 0 })
    const stop = new AbortController()
    const writing = writeOn(store, stop.signal)
    while ((await exported(store)).length < 40) await new Promise(resolve => setTimeout(resolve, 1))
    stop.abort()
    await writing
    const lines = (await exported(store)).slice(0, 40)
    while (JSON.parse(lines.at(-1) ?? '').kind === 'event') lines.pop()
    assert.ok(verify(lines).ok)
    for (const [at, line] of lines.entries()) {
      const altered = line.replace(/"k":(\d)|"signature":"(.)/, found =>
        found.startsWith('"k"') ? '"k":9' : `"signature":"${found.at(-1) === 'A' ? 'B' : 'A'}`,
      )
      assert.notEqual(altered, line)
      assert.equal(verify(lines.with(at, altered)).ok, false, `line ${at + 1} altered`)
      // Without its first event it is a log that begins later, and whole.
      if (at > 0) assert.equal(verify(lines.toSpliced(at, 1)).ok, false, `line ${at + 1} left out`)
    }
    await store.close()
  })
})

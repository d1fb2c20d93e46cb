// Measures the event log over LevelDB in a process of its own; prints the figures as one line of JSON.
import { randomBytes, randomFillSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { openStore, type Store } from '../../../node/store/index.ts'
import { verifyStore } from '../../../node/store/recover-store.ts'
import type { KeySource } from '../../../node/store/sealed/key-source.ts'
import { unlockData } from '../../../node/store/sealed/unlock.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import type { EventDraft } from '../../../src/eventlog/event.ts'
import { keyOf } from '../../../src/eventlog/keys.ts'
import { createEventLog, GENESIS } from '../../../src/eventlog/log.ts'
import type { RecoveredLog } from '../../../src/eventlog/recover.ts'
import { encodeSnapshot } from '../../../src/eventlog/snapshot.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'

const [, , appendText = '', replayText = ''] = process.argv
const appendCount = Number(appendText)
const replayCount = Number(replayText)
const BATCH = 64
const TAIL = 9_984
const RECORD_BYTES = 240

const signer = ed25519Signer(randomFillSync(new Uint8Array(32)))
const author = '12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust'
const hlc = hlcOfMs(Date.now())
const { signal } = new AbortController()
const root = await mkdtemp(join(tmpdir(), 'skein-bench-'))

const draft = (i: number): EventDraft => ({
  type: 'flight.position',
  subject: '',
  data: {
    latE7: 473_769_123 + (i % 100_000),
    lonE7: 85_417_123 - (i % 100_000),
    altMm: 450_123 + (i % 5_000),
    vnCms: i % 1_500,
    veCms: -(i % 700),
    vdCms: 0,
    status: 'Airborne',
    batteryPct: 88,
  },
})

/** Runs `work` and gives seconds of wall time and of CPU (both cores) that it took. */
async function timed(work: () => Promise<void>): Promise<{ wallS: number; cpuS: number }> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { wallS: (performance.now() - from) / 1_000, cpuS: (user + system) / 1e6 }
}

const keyFile = join(root, 'key')
await writeFile(keyFile, randomBytes(32), { mode: 0o600 })
/** Stores of these names are encrypted. */
const isSealed = (name: string): boolean => name.startsWith('sealed')

async function withStore<T>(name: string, work: (store: Store) => Promise<T>): Promise<T> {
  const source: KeySource = { file: isSealed(name) ? keyFile : null, command: [] }
  const dir = join(root, name)
  const store = await openStore(dir, { reserveBytes: 0, key: await unlockData(dir, source) })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

interface Rate {
  readonly perS: number
  /** Both cores. */
  readonly cpuUs: number
}

const rate = (count: number, { wallS, cpuS }: { wallS: number; cpuS: number }): Rate => ({
  perS: count / wallS,
  cpuUs: (cpuS * 1e6) / count,
})

/** One batch of 64 in flight after the other; the next is being made while one is written. */
async function append(store: Store, count: number, sync: boolean): Promise<Rate> {
  const log = createEventLog({ author, boot: 1, signer, head: GENESIS, limits: { batchEvents: BATCH } })
  const times = await timed(async () => {
    let writing: Promise<void> = Promise.resolve()
    for (let i = 0; i < count; ) {
      for (let k = 0; k < BATCH && i < count; k++, i++) log.append(draft(i), hlc + i)
      await writing
      if (i > BATCH) log.written(0)
      const write = log.flush(0)
      if (write !== null) writing = store.write(write.ops, sync)
    }
    await writing
  })
  return rate(count, times)
}

/** The peer: LevelDB alone, the same batches of the same bytes, made beforehand. */
async function bare(name: string, count: number, sync: boolean): Promise<Rate> {
  const options = { keyEncoding: 'view', valueEncoding: 'view', writeBufferSize: 8 << 20 } as const
  const db = new Level<Uint8Array, Uint8Array>(join(root, name), options)
  await db.open()
  const value = randomFillSync(new Uint8Array(RECORD_BYTES))
  const times = await timed(async () => {
    for (let i = 0; i < count; i += BATCH) {
      const ops = Array.from({ length: BATCH }, (_, k) => ({
        type: 'put' as const,
        key: keyOf('event', i + k),
        value,
      }))
      await db.batch(ops, { sync })
    }
  })
  await db.close()
  return rate(count, times)
}

interface Replayed {
  readonly found: RecoveredLog
  readonly wallS: number
  readonly cpuS: number
  /** Of `wallS`: opening and closing the store, which does not grow with the log. */
  readonly openS: number
}

async function replay(name: string, full: boolean): Promise<Replayed> {
  let found: RecoveredLog | null = null
  let verifyS = 0
  const times = await timed(async () => {
    await withStore(name, async store => {
      const from = performance.now()
      found = await verifyStore(store, { author, signer, hlc, boot: 2, signal, full })
      verifyS = (performance.now() - from) / 1_000
    })
  })
  if (found === null) throw new Error('nothing was read')
  return { found, ...times, openS: times.wallS - verifyS }
}

/** Reads every record and does nothing with it: the floor under any replay. */
async function readAll(name: string): Promise<number> {
  return withStore(name, async store => {
    let count = 0
    const { wallS } = await timed(async () => {
      for await (const chunk of store.iterate({ gte: keyOf('event', 0), lt: keyOf('meta', 0) }))
        count += chunk.length
    })
    return count / wallS
  })
}

/** Puts a snapshot some ten thousand events before the end, as the rule would have. */
async function snapshotBefore(name: string, whole: RecoveredLog): Promise<void> {
  const seq = whole.log.seq - TAIL - (whole.log.seq % BATCH)
  await withStore(name, async store => {
    const { readEvents } = await import('../../../node/store/read-log.ts')
    for await (const { hash } of readEvents(store, seq, { limit: 1 })) {
      const head = { seq, hash }
      const value = encodeSnapshot({ author, boot: 1, head, view: whole.view, gaps: [] }, signer)
      await store.write([{ type: 'put', key: keyOf('snapshot', seq), value }], true)
    }
  })
}

async function measure(): Promise<Record<string, number>> {
  // Once for nothing, so that compiled code meets compiled code.
  await withStore('warm', store => append(store, 20_000, false))
  const bareUnsynced = await bare('bare', appendCount, false)
  const unsynced = await withStore('unsynced', store => append(store, appendCount, false))
  const bareSynced = await bare('bare-synced', appendCount / 4, true)
  const synced = await withStore('synced', store => append(store, appendCount / 4, true))
  const sealed = await withStore('sealed', store => append(store, appendCount, false))
  const sealedReplay = await replay('sealed', false)
  const plainReplay = await replay('unsynced', false)
  const figures: Record<string, number> = {
    sealedAppend: sealed.perS,
    sealedCpuUs: sealed.cpuUs,
    sealedReplayCpuUs: (sealedReplay.cpuS * 1e6) / appendCount,
    plainReplayCpuUs: (plainReplay.cpuS * 1e6) / appendCount,
    bareUnsynced: bareUnsynced.perS,
    bareCpuUs: bareUnsynced.cpuUs,
    appendUnsynced: unsynced.perS,
    appendCpuUs: unsynced.cpuUs,
    bareSynced: bareSynced.perS,
    appendSynced: synced.perS,
  }
  await withStore('long', store => append(store, replayCount, false))
  figures.readOnly = await readAll('long')
  const thorough = await replay('long', true)
  figures.thoroughS = thorough.wallS - thorough.openS
  const cold = await replay('long', false)
  if (cold.found.faults.length > 0 || cold.found.log.seq !== replayCount)
    throw new Error('the log is not whole')
  figures.replayed = replayCount
  figures.coldS = cold.wallS
  figures.openS = cold.openS
  figures.coldCpuS = cold.cpuS
  await snapshotBefore('long', cold.found)
  const warm = await replay('long', false)
  figures.snapshotMs = warm.wallS * 1_000
  figures.tailEvents = warm.found.stats.events
  return figures
}

try {
  console.log(JSON.stringify(await measure()))
} finally {
  await rm(root, { recursive: true })
}

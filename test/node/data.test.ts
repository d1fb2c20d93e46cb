import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Closers } from '../../node/closers.ts'
import { loadConfig } from '../../node/config/load.ts'
import { openData } from '../../node/data.ts'
import { loadOrCreateIdentity } from '../../node/identity/identity.ts'
import { createLogger } from '../../node/log.ts'
import { openStore, type Store } from '../../node/store/index.ts'
import { ed25519Signer } from '../../protocols/identity/ed25519.ts'
import { keyOf, numberOfKey, rangeOf } from '../../src/eventlog/keys.ts'
import { createEventLog, GENESIS } from '../../src/eventlog/log.ts'
import { recoverLog } from '../../src/eventlog/recover.ts'
import { encodeSnapshot } from '../../src/eventlog/snapshot.ts'
import { hlcOfMs } from '../../src/time/hlc.ts'

const HOUR_MS = 3_600_000
const log = createLogger({ level: 'silent', format: 'json', name: 'test' })
const { signal } = new AbortController()

/** A log of one event an hour, with a snapshot at its end. */
async function hourly(dataDir: string, hours: number): Promise<void> {
  const { agent: author, seed } = (await loadOrCreateIdentity(dataDir)).identity
  const signer = ed25519Signer(seed)
  const store = await openStore(dataDir, { reserveBytes: 0 })
  const events = createEventLog({ author, boot: 1, signer, head: GENESIS })
  for (let i = 1; i <= hours; i++) {
    events.append({ type: 'test.hour', subject: '', data: {} }, hlcOfMs(1_760_000_000_000 + i * HOUR_MS))
    await store.write(events.flush(i)?.ops ?? [], false)
    events.written(i)
  }
  const { view } = recoverLog({ author, boot: 1, signer, hlc: 0 }, () => [])
  const value = encodeSnapshot({ author, boot: 1, head: events.durableHead, view, gaps: [] }, signer)
  await store.write([{ type: 'put', key: keyOf('snapshot', hours), value }], true)
  await store.close()
}

/** Number of the oldest event kept. */
async function firstSeq(store: Store): Promise<number | null> {
  for await (const [first] of store.iterate(rangeOf('event'), { limit: 1 })) {
    return first === undefined ? null : numberOfKey('event', first[0])
  }
  return null
}

describe('node/data', () => {
  let dir = ''
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-data-'))
  })
  after(() => rm(dir, { recursive: true }))

  it('lets go of what is too old as it starts: one that restarts often would never come to it later', async () => {
    const dataDir = join(dir, 'heron')
    await hourly(dataDir, 60)
    const set = ['eventLog.maxAgeDays=1', 'eventLog.reserveMiB=0', `dataDir=${dataDir}`]
    const closers = new Closers()
    const { store } = await openData(
      loadConfig({ set }).config,
      { log, signal, repair: false, genesis: null },
      closers,
    )
    // Of the 60 hours, those within a day of the newest stay.
    const oldest = 36
    while ((await firstSeq(store)) !== oldest) await sleep(5)
    await sleep(20)
    assert.equal(await firstSeq(store), oldest)
    await closers.close()
  })
})

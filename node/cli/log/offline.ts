import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { eventJson } from '../../api/event-json.ts'
import type { EventRecord } from '../../client/client.ts'
import { loadConfig } from '../../config/load.ts'
import { loadIdentity } from '../../identity/identity.ts'
import { readBoot } from '../../store/boot-counter.ts'
import type { Store } from '../../store/interface.ts'
import { readLayout } from '../../store/layout.ts'
import { readEvents } from '../../store/read-log.ts'
import { verifyStore } from '../../store/recover-store.ts'
import { unlockData } from '../../store/sealed/unlock.ts'
import { openStore } from '../../store/store.ts'
import { configSources } from '../config-options.ts'
import { UsageError } from '../failure.ts'
import type { Verdict } from './verdict.ts'

/**
 * The log of a node that does not run, read from its data directory. No event, no reserve and no identity in it is
 * changed; LevelDB tidies its own files as it opens, and what it drops in doing so is noted for the node's next start.
 */
export async function withStore<T>(
  { dataDir, config }: Offline,
  signal: AbortSignal,
  work: (store: Store, dataKey: KeyObject | null) => Promise<T>,
): Promise<T> {
  // Opening would make one; who only looks must not.
  if (!existsSync(join(dataDir, 'version'))) {
    throw new UsageError(`--data-dir ${dataDir}: there is no data of a node here; check the path`)
  }
  // Only an encrypted one needs a configuration, for its key.
  const isSealed = (await readLayout(dataDir)) === 'sealed'
  const sources = configSources({ dataDir, ...(config !== undefined && { config }) })
  const key = isSealed ? await unlockData(dataDir, loadConfig(sources).config.dataKey) : null
  const store = await openStore(dataDir, { signal, reserveBytes: null, key })
  try {
    return await work(store, key)
  } finally {
    await store.close()
  }
}

/** The data of a node that does not run. */
export interface Offline {
  readonly dataDir: string
  /** Files of configuration that say the key of an encrypted one, besides those that are always looked at. */
  readonly config?: readonly string[]
}

export async function* storedEvents(
  store: Store,
  options: { readonly from: number; readonly limit?: number; readonly signal: AbortSignal },
): AsyncGenerator<EventRecord> {
  const { from, limit, signal } = options
  const events = readEvents(store, from, { signal, ...(limit !== undefined && { limit }) })
  for await (const event of events) yield eventJson(event)
}

/** Verifies every event that is kept: checksums, hashes, chain, signatures, and that no later end was ever known. */
export async function verifyStored(
  store: Store,
  dataKey: KeyObject | null,
  signal: AbortSignal,
): Promise<Verdict> {
  const { agent, seed } = await loadIdentity(store.dir, dataKey)
  const { boot, logSeq } = (await readBoot(store.dir)) ?? { boot: 0, logSeq: 0 }
  const { log, faults, gaps, stats } = await verifyStore(store, {
    author: agent,
    signer: ed25519Signer(seed),
    hlc: hlcOfMs(Date.now()),
    boot: boot + 1,
    reached: logSeq,
    full: true,
    signal,
  })
  return {
    ok: faults.length === 0,
    author: agent,
    first: stats.verifiedFrom,
    last: log.seq,
    events: stats.events,
    batches: stats.batches,
    faults: faults.map(({ fault, first, last, detail }) => ({ fault, first, last, line: null, detail })),
    gaps,
  }
}

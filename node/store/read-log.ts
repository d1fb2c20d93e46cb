import { pipe } from 'it-pipe'
import { sha256 } from '../../protocols/identity/ed25519.ts'
import { decodeBatch, type SignedBatch } from '../../src/eventlog/batch.ts'
import { decodeEvent } from '../../src/eventlog/encode.ts'
import type { HashedEvent } from '../../src/eventlog/event.ts'
import { batchLine, eventLine } from '../../src/eventlog/export.ts'
import { type Entry, numberOfKey, rangeOf } from '../../src/eventlog/keys.ts'
import { openRecord } from '../../src/eventlog/record.ts'
import type { Store } from './interface.ts'

export interface ReadEventsOptions {
  readonly signal?: AbortSignal
  /** At most this many, after the filter. */
  readonly limit?: number
  readonly keep?: (hashed: HashedEvent) => boolean
  /** Newest first. @default false */
  readonly reverse?: boolean
}

type Chunks = AsyncIterable<readonly Entry[]>
type Events = AsyncGenerator<HashedEvent, void, void>

/**
 * Events of a store from `fromSeq` on, oldest first. All that is in the store is durable or about to be; lost ones are left out.
 * @throws MalformedError at an event that is damaged, UnsupportedVersionError
 */
export function readEvents(store: Store, fromSeq: number, options: ReadEventsOptions = {}): Events {
  const { limit = Number.POSITIVE_INFINITY, keep = () => true, ...how } = options
  return pipe(store.iterate(rangeOf('event', fromSeq), how), decodeEvents, filter(keep), take(limit))
}

export interface ExportLogOptions {
  readonly signal?: AbortSignal
  /** @default 1 */
  readonly fromSeq?: number
}

/**
 * The log as NDJSON (`src/eventlog/export.ts`), each batch's signature after its events: what `verifyLog` reads. It
 * ends with a signature, also while the log is being written: events that none covers are left out.
 * @throws MalformedError at a record that is damaged, UnsupportedVersionError
 */
export function exportLog(store: Store, options: ExportLogOptions = {}): AsyncGenerator<string, void, void> {
  const { fromSeq = 1, ...how } = options
  return pipe(signedItems(store, fromSeq, how), toLines)
}

async function* decodeEvents(chunks: Chunks): Events {
  for await (const chunk of chunks) {
    for (const [, value] of chunk) {
      const bytes = openRecord(value)
      yield { event: decodeEvent(bytes), hash: sha256(bytes) }
    }
  }
}

async function* decodeBatches(chunks: Chunks): AsyncGenerator<SignedBatch, void, void> {
  for await (const chunk of chunks) for (const [, value] of chunk) yield decodeBatch(openRecord(value))
}

const filter = (keep: (hashed: HashedEvent) => boolean) =>
  async function* (events: AsyncIterable<HashedEvent>): Events {
    for await (const hashed of events) if (keep(hashed)) yield hashed
  }

const take = (limit: number) =>
  async function* (events: AsyncIterable<HashedEvent>): Events {
    let left = limit
    if (left <= 0) return
    for await (const hashed of events) {
      yield hashed
      left -= 1
      if (left <= 0) return
    }
  }

/**
 * Each of the two iterators sees the store as it was when it was opened, and the one of the batches is opened first. A
 * batch is written together with its events, so the later view has all of them; what only that one has is not signed yet.
 */
async function* signedItems(
  store: Store,
  fromSeq: number,
  how: { readonly signal?: AbortSignal },
): AsyncGenerator<HashedEvent | SignedBatch, void, void> {
  const range = rangeOf('batch', await beginOfBatch(store, fromSeq, how))
  const batches = pipe(store.iterate(range, how), decodeBatches)
  const next = async (): Promise<SignedBatch | undefined> => (await batches.next()).value ?? undefined
  try {
    let batch = await next()
    while (batch !== undefined && batch.batch.last < fromSeq) batch = await next()
    for await (const hashed of readEvents(store, fromSeq, how)) {
      // Batches whose last events are lost come before the first event behind them.
      for (; batch !== undefined && batch.batch.last < hashed.event.seq; batch = await next()) yield batch
      if (batch === undefined) return
      yield hashed
    }
    for (; batch !== undefined; batch = await next()) yield batch
  } finally {
    await batches.return()
  }
}

/** First event of the batch that `seq` is in, or of the last one before it; 0 if there is none. */
async function beginOfBatch(
  store: Store,
  seq: number,
  how: { readonly signal?: AbortSignal },
): Promise<number> {
  for await (const [entry] of store.iterate(rangeOf('batch', 0, seq), { ...how, reverse: true, limit: 1 })) {
    return entry === undefined ? 0 : (numberOfKey('batch', entry[0]) ?? 0)
  }
  return 0
}

async function* toLines(items: AsyncIterable<HashedEvent | SignedBatch>): AsyncGenerator<string, void, void> {
  for await (const item of items) {
    yield `${JSON.stringify('event' in item ? eventLine(item) : batchLine(item))}\n`
  }
}

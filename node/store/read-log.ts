import { pipe } from 'it-pipe'
import { sha256 } from '../../protocols/identity/ed25519.ts'
import { decodeBatch, type SignedBatch } from '../../src/eventlog/batch.ts'
import { decodeEvent } from '../../src/eventlog/encode.ts'
import type { HashedEvent } from '../../src/eventlog/event.ts'
import { batchLine, eventLine } from '../../src/eventlog/export.ts'
import { type Entry, rangeOf } from '../../src/eventlog/keys.ts'
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

/** The log as NDJSON (`src/eventlog/export.ts`), each batch's signature after its events: what `verifyLog` reads. */
export function exportLog(
  store: Store,
  options: { readonly signal?: AbortSignal; readonly fromSeq?: number } = {},
): AsyncGenerator<string, void, void> {
  const { fromSeq = 1, ...how } = options
  const batches = pipe(store.iterate(rangeOf('batch'), how), decodeBatches)
  return pipe(readEvents(store, fromSeq, how), events => withBatches(events, batches, fromSeq), toLines)
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

async function* withBatches(
  events: AsyncIterable<HashedEvent>,
  batches: AsyncGenerator<SignedBatch, void, void>,
  fromSeq: number,
): AsyncGenerator<HashedEvent | SignedBatch, void, void> {
  const nextFrom = async (): Promise<SignedBatch | undefined> => {
    for (let one = await batches.next(); one.done !== true; one = await batches.next()) {
      if (one.value.batch.last >= fromSeq) return one.value
    }
    return undefined
  }
  try {
    let batch = await nextFrom()
    for await (const hashed of events) {
      // Batches whose last events are lost come before the first event behind them.
      for (; batch !== undefined && batch.batch.last < hashed.event.seq; batch = await nextFrom()) yield batch
      yield hashed
    }
    for (; batch !== undefined; batch = await nextFrom()) yield batch
  } finally {
    await batches.return()
  }
}

async function* toLines(items: AsyncIterable<HashedEvent | SignedBatch>): AsyncGenerator<string, void, void> {
  for await (const item of items) {
    yield `${JSON.stringify('event' in item ? eventLine(item) : batchLine(item))}\n`
  }
}

import { createHash, hash } from 'node:crypto'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { compareBytes } from '../../../src/bytes.ts'
import type { EventDraft, HashedEvent } from '../../../src/eventlog/event.ts'
import type { Entry, KeyRange } from '../../../src/eventlog/keys.ts'
import {
  createEventLog,
  type EventLog,
  GENESIS,
  type LogHead,
  type LogLimits,
} from '../../../src/eventlog/log.ts'
import type { Signer, StoreOp } from '../../../src/ports.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'

/** A key that everyone can know: for tests only. */
export const signer: Signer = ed25519Signer(createHash('sha256').update('skein test log').digest())
/** As the simulator's: a keyed hash in place of a signature, thirty times cheaper. */
export const cheapSigner: Signer = {
  publicKey: new Uint8Array(32).fill(9),
  sign: bytes => Uint8Array.from(createHash('sha512').update('test key').update(bytes).digest()),
  verify: (_key, bytes, signature) => Buffer.from(cheapSigner.sign(bytes)).equals(signature),
  hash: bytes => hash('sha256', bytes, 'buffer'),
}

export const author = '12D3KooWTestAuthor'
const START_HLC = hlcOfMs(1_760_000_000_000)

/** An ordered store in memory, that reads as LevelDB does. */
export class MemoryStore {
  readonly #entries = new Map<string, Entry>()

  static of(entries: Iterable<Entry>): MemoryStore {
    const store = new MemoryStore()
    for (const [key, value] of entries) store.apply([{ type: 'put', key, value }])
    return store
  }

  apply(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      const name = Buffer.from(op.key).toString('hex')
      if (op.type === 'put') this.#entries.set(name, [op.key, op.value])
      else this.#entries.delete(name)
    }
  }

  read = ({ gte, lt }: KeyRange): Entry[] =>
    this.entries().filter(([key]) => compareBytes(key, gte) >= 0 && compareBytes(key, lt) < 0)

  entries(): Entry[] {
    return [...this.#entries.values()].toSorted((a, b) => compareBytes(a[0], b[0]))
  }
}

export function draft(i: number): EventDraft {
  if (i % 10 === 0) return { type: 'peer.joined', subject: `peer-${i % 3}`, data: { via: 'mdns' } }
  const data = {
    latE7: 473_700_000 + i * 100,
    lonE7: 85_400_000 - i * 50,
    altMm: 450_000 + i,
    phase: 'cruise',
  }
  return { type: 'vehicle.moved', subject: '', data }
}

export const stampOf = (i: number): number => START_HLC + i * 1024 * 100

/** Appends `count` events to a log, `perBatch` at a time, and makes them durable in the store. */
export function fill(
  store: MemoryStore,
  log: EventLog,
  count: number,
  perBatch = 8,
  from = 1,
): HashedEvent[] {
  const durable: HashedEvent[] = []
  for (let i = 0; i < count; i++) {
    log.append(draft(from + i), stampOf(from + i))
    if ((i + 1) % perBatch === 0 || i === count - 1) {
      const write = log.flush(i)
      if (write === null) throw new Error('nothing to flush')
      store.apply(write.ops)
      durable.push(...log.written(i))
    }
  }
  return durable
}

export function newLog(
  head: LogHead = GENESIS,
  boot = 1,
  limits: Partial<LogLimits> = {},
  by = signer,
): EventLog {
  return createEventLog({ author, boot, signer: by, head, limits })
}

/** A whole log of `count` events in a store. */
export function storedLog(
  count: number,
  perBatch = 8,
  by = signer,
): { store: MemoryStore; events: HashedEvent[]; log: EventLog } {
  const store = new MemoryStore()
  const log = newLog(GENESIS, 1, {}, by)
  return { store, events: fill(store, log, count, perBatch), log }
}

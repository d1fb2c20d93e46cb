import { decodeBatch, encodeBatch } from '../../../src/eventlog/batch.ts'
import { decodeEvent, encodeEvent } from '../../../src/eventlog/encode.ts'
import { MalformedError, UnsupportedVersionError } from '../../../src/eventlog/errors.ts'
import { batchLine, eventLine, parseLogLine } from '../../../src/eventlog/export.ts'
import { type Entry, keyOf, rangeOf } from '../../../src/eventlog/keys.ts'
import { openRecord, sealRecord } from '../../../src/eventlog/record.ts'
import { type RecoveredLog, recoverLog } from '../../../src/eventlog/recover.ts'
import { decodeSnapshot, encodeSnapshot } from '../../../src/eventlog/snapshot.ts'
import { verifyLog } from '../../../src/eventlog/verify-log.ts'
import { author, cheapSigner, MemoryStore, stampOf, storedLog } from '../../src/eventlog/log-fixture.ts'
import { isReal } from '../engine/fuzz.ts'
import { FaultError, outcomeOf, type Target } from '../engine/target.ts'

const EVENTS = 20
const isRefusal = (error: unknown): boolean =>
  error instanceof MalformedError || error instanceof UnsupportedVersionError

const { store } = storedLog(EVENTS, 5, cheapSigner)

const recover = (from: MemoryStore): RecoveredLog =>
  recoverLog({ author, boot: 2, signer: cheapSigner, hlc: stampOf(EVENTS + 10), reached: 0 }, from.read)

/** The same log with a snapshot at its end, as a clean stop leaves it. */
const entries: readonly Entry[] = (() => {
  const { log: head, view, gaps } = recover(store)
  const value = encodeSnapshot({ author, boot: 1, head, view, gaps }, cheapSigner)
  return [...store.entries(), [keyOf('snapshot', head.seq), value] as const]
})()

const payloads = (bucket: 'event' | 'batch'): readonly Uint8Array[] =>
  store.read(rangeOf(bucket)).map(([, value]) => Uint8Array.from(openRecord(value)))

function decoder(
  name: string,
  corpus: readonly Uint8Array[],
  again: (bytes: Uint8Array) => Uint8Array,
): Target {
  return {
    name,
    form: 'cbor',
    unchanged: 'what is read is exactly what was stored: it is written again as the same bytes',
    open: () => ({
      corpus,
      take: input =>
        outcomeOf(() => {
          if (!isReal(again(input), [input])) throw new FaultError('two spellings are read as one')
        }, isRefusal),
    }),
  }
}

const records: Target = {
  name: 'log-records',
  form: 'binary',
  unchanged: 'only a record whose checksum holds is opened',
  open: () => ({
    corpus: entries.map(([, value]) => value),
    take: input =>
      outcomeOf(() => {
        if (!isReal(sealRecord(openRecord(input)), [input])) throw new FaultError('another record')
      }, isRefusal),
  }),
}

const snapshot: Target = {
  name: 'log-snapshot',
  form: 'cbor',
  unchanged: 'a snapshot is taken only byte for byte as it was signed, whatever its checksum says',
  open: () => {
    const [key, value] = entries.at(-1) ?? [new Uint8Array(), new Uint8Array()]
    const real = Uint8Array.from(openRecord(value))
    return {
      corpus: [real],
      take: input => {
        const outcome = outcomeOf(
          () => decodeSnapshot([key, sealRecord(input)], author, cheapSigner),
          isRefusal,
        )
        if (outcome === 'taken' && !isReal(input, [real]))
          throw new FaultError('an altered snapshot is taken')
        return outcome
      },
    }
  },
}

/** Number of the record, whether its checksum is mended, and what it holds: one damaged record of a log. */
const damageOf = ([at = 0, mend = 0, ...value]: Uint8Array): readonly [at: number, value: Uint8Array] => {
  const bytes = Uint8Array.from(value)
  return [
    at % entries.length,
    (mend & 1) === 1 && bytes.byteLength >= 5 ? sealRecord(bytes.subarray(5)) : bytes,
  ]
}

const recovery: Target = {
  name: 'log-recovery',
  form: 'binary',
  unchanged:
    'a damaged record is mended around or quarantined, no seq is used twice, and a second start finds nothing new',
  open: () => ({
    corpus: entries.flatMap(([, value], i) => [0, 1].map(mend => Uint8Array.from([i, mend, ...value]))),
    take: input => {
      const [at, value] = damageOf(input)
      const damaged = MemoryStore.of(entries.map(([key, held], i) => [key, i === at ? value : held] as const))
      let first: RecoveredLog
      try {
        first = recover(damaged)
      } catch (error) {
        if (error instanceof UnsupportedVersionError) return 'refused'
        throw error
      }
      damaged.apply(first.ops)
      const second = recover(damaged)
      if (second.ops.length > 0) throw new FaultError('a second start mends again')
      if (second.log.seq !== first.log.seq) throw new FaultError('a second start goes on elsewhere')
      if (first.log.seq < EVENTS && !first.quarantined && first.faults.length === 0)
        throw new FaultError('events are gone, and nobody says so')
      return first.faults.length === 0 ? 'taken' : 'refused'
    },
  }),
}

const lines: readonly string[] = (() => {
  const batches = payloads('batch').map(decodeBatch)
  return payloads('event').flatMap(bytes => {
    const event = decodeEvent(bytes)
    const line = JSON.stringify(eventLine({ event, hash: cheapSigner.hash(bytes) }))
    const batch = batches.find(one => one.batch.last === event.seq)
    return batch === undefined ? [line] : [line, JSON.stringify(batchLine(batch))]
  })
})()
const hashes = new Set(payloads('event').map(bytes => Buffer.from(cheapSigner.hash(bytes)).toString('hex')))

const hashOf = (line: string): string | null => {
  const item = parseLogLine(line)
  return item.kind === 'event' ? Buffer.from(item.hashed.hash).toString('hex') : null
}

const exported: Target = {
  name: 'log-export',
  form: 'text',
  unchanged: 'no event is believed that its author did not sign, and a fault is told with its line',
  open: () => ({
    corpus: [lines.slice(0, 6), lines.slice(6, 18)].map(some => new TextEncoder().encode(some.join('\n'))),
    take: input => {
      const given = new TextDecoder().decode(input).split('\n')
      let verdict: ReturnType<typeof verifyLog>
      try {
        verdict = verifyLog(given, { [author]: cheapSigner.publicKey }, cheapSigner)
      } catch (error) {
        if (error instanceof UnsupportedVersionError) return 'refused'
        throw error
      }
      if (!verdict.ok) return 'refused'
      for (const line of given) {
        const hash = line.trim() === '' ? null : hashOf(line)
        if (hash !== null && !hashes.has(hash)) throw new FaultError('an event is believed that nobody wrote')
      }
      return 'taken'
    },
  }),
}

export const EVENT_LOG: readonly Target[] = [
  decoder('log-event', payloads('event'), bytes => encodeEvent(decodeEvent(bytes))),
  decoder('log-batch', payloads('batch'), bytes => encodeBatch(decodeBatch(bytes))),
  records,
  snapshot,
  recovery,
  exported,
]

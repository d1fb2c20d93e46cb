import { toString as textOf } from 'uint8arrays/to-string'
import { equalBytes } from '../bytes.ts'
import type { AgentId, Signer } from '../ports.ts'
import { encodeBatch } from './batch.ts'
import { MalformedError } from './errors.ts'
import { type LogItem, parseLogLine } from './export.ts'
import type { FaultKind, Gap } from './fault.ts'
import { type Entry, keyOf } from './keys.ts'
import { GENESIS } from './log.ts'
import { sealRecord } from './record.ts'
import { createVerifier } from './verify.ts'

/** What is wrong first, and where. */
interface LogFaultFound {
  readonly ok: false
  readonly fault: FaultKind
  /** Event the fault begins at; null if the line is no event. */
  readonly seq: number | null
  /** Line of the export, from 1; null if the place is in no line, as for a hole. */
  readonly line: number | null
  readonly detail: string
}

interface LogWhole {
  readonly ok: true
  readonly author: AgentId | null
  readonly first: number
  readonly last: number
  readonly events: number
  readonly batches: number
  /** Hash of the last event, hex. */
  readonly head: string
  /** Losses that the log itself declares. */
  readonly gaps: readonly Gap[]
}

export type LogVerdict = LogWhole | LogFaultFound

interface Line {
  readonly number: number
  readonly item: LogItem
}

/**
 * Verifies an exported log (NDJSON lines, as text or parsed; blank ones are skipped) of one author: hashes, unbroken
 * chain, contiguous numbers, batch signatures and Merkle roots. It may begin anywhere; it must end with a signed batch.
 * @param keys public keys (32 bytes) of the authors that are believed
 */
export function verifyLog(
  entries: Iterable<unknown>,
  keys: Readonly<Record<AgentId, Uint8Array>>,
  signer: Pick<Signer, 'hash' | 'verify'>,
): LogVerdict {
  const lines: Line[] = []
  let number = 0
  for (const entry of entries) {
    number += 1
    if (typeof entry === 'string' && entry.trim() === '') continue
    try {
      const item = parseLogLine(entry)
      const fault = checkLine(item, number, lines, signer)
      if (fault !== null) return fault
      lines.push({ number, item })
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      return { ok: false, fault: 'format', seq: null, line: number, detail: error.message }
    }
  }
  return verifyLines(lines, keys, signer)
}

function checkLine(
  item: LogItem,
  line: number,
  before: readonly Line[],
  signer: Pick<Signer, 'hash'>,
): LogFaultFound | null {
  if (item.kind === 'batch') return null
  const { event, hash } = item.hashed
  const at = { ok: false, seq: event.seq, line } as const
  if (!equalBytes(signer.hash(item.bytes), hash)) {
    return { ...at, fault: 'checksum', detail: `event ${event.seq} has another hash than its line says` }
  }
  const last = before.findLast(one => one.item.kind === 'event')?.item
  if (last?.kind === 'event' && last.hashed.event.seq >= event.seq) {
    return { ...at, fault: 'format', detail: `event ${event.seq} comes after event ${last.hashed.event.seq}` }
  }
  return null
}

function verifyLines(
  lines: readonly Line[],
  keys: Readonly<Record<AgentId, Uint8Array>>,
  signer: Pick<Signer, 'hash' | 'verify'>,
): LogVerdict {
  const items = lines.map(line => line.item)
  const events = items.filter(item => item.kind === 'event')
  const batches = items.filter(item => item.kind === 'batch').map(item => item.signed)
  const author = events[0]?.hashed.event.author ?? batches[0]?.batch.author ?? null
  if (author === null)
    return { ok: true, author, first: 0, last: 0, events: 0, batches: 0, head: '', gaps: [] }
  const first = events[0]?.hashed.event.seq ?? 1
  const publicKey = Object.hasOwn(keys, author) ? keys[author] : undefined
  if (publicKey === undefined) {
    return { ok: false, fault: 'author', seq: first, line: null, detail: `no key is known for ${author}` }
  }
  const verifier = createVerifier({ author, publicKey, signer, start: first === 1 ? GENESIS : null })
  const signed = batches.toSorted((a, b) => a.batch.first - b.batch.first)
  verifier.feed(signed.map((one): Entry => [keyOf('batch', one.batch.first), sealRecord(encodeBatch(one))]))
  verifier.feed(events.map((one): Entry => [keyOf('event', one.hashed.event.seq), sealRecord(one.bytes)]))
  const { faults, gaps, head, ...counts } = verifier.end()
  const fault = faults[0]
  if (fault !== undefined) {
    const seq = fault.first
    const line =
      lines.find(({ item }) => item.kind === 'event' && item.hashed.event.seq === seq)?.number ?? null
    return { ok: false, fault: fault.fault, seq, line, detail: fault.detail }
  }
  const { events: eventCount, batches: batchCount } = counts
  return {
    ok: true,
    author,
    first,
    last: head.seq,
    events: eventCount,
    batches: batchCount,
    head: textOf(head.hash, 'hex'),
    gaps,
  }
}

import { equalBytes } from '../bytes.ts'
import type { AgentId, Signer } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import type { Batch } from './batch.ts'
import { type BadBatch, type BatchIndex, createBatchIndex } from './batch-index.ts'
import { decodeData, type Envelope, readEnvelope } from './encode.ts'
import { MalformedError } from './errors.ts'
import type { Fault, FaultKind, Gap } from './fault.ts'
import { type DeclaredRange, declaredRanges, explain, QUARANTINED } from './gaps.ts'
import { type Entry, numberOfKey } from './keys.ts'
import type { LogHead } from './log.ts'
import { merkleRoot } from './merkle.ts'
import { checksumHolds, openRecord } from './record.ts'

/*
 * How a log is verified. A signed batch names the hash of its last event, and every event names the hash of the one
 * before it: so a signature vouches for every event that leads to it through an unbroken chain. The walk collects
 * such a chain ("the run") until a batch signs it. Damage ends the run:
 * - Decay (a hole, a failed checksum). What the run held so far is kept: its checksums hold and it follows what was
 *   signed. The chain cannot be followed across the damage; the next batch that signs a run vouches for that run.
 * - Alteration (checksum right, hash wrong). The unsigned part of the run is suspect and goes to quarantine as well.
 * A run that neither follows the signed part nor reaches a signature goes with the damage around it.
 */

export interface VerifierInit {
  readonly author: AgentId
  readonly publicKey: Uint8Array
  readonly signer: Pick<Signer, 'hash' | 'verify'>
  /** What the first event must follow; null = unknown, then the first event found begins the log. */
  readonly start: LogHead | null
  /** The log once reached this far, says another witness (the boot counter's file). */
  readonly reached?: number
  /**
   * Check every batch's signature and Merkle root. Without, the newest signature and the unbroken chain to it vouch for
   * all events, at half the cost; a fault found so has to be looked at thoroughly. @default true
   */
  readonly thorough?: boolean
  /** Gets every event that stays in the log, in order, with its canonical bytes. */
  readonly onEvent?: (envelope: Envelope, bytes: Uint8Array) => void
}

export interface Verification {
  /** Where the log goes on: highest seq ever used, and the hash of the last event that is in the log. */
  readonly head: LogHead
  /** Damage that the log does not declare itself; empty = whole, apart from `gaps`. Sorted by place. */
  readonly faults: readonly Fault[]
  /** Losses of earlier times that the log declares and that are still open. */
  readonly gaps: readonly Gap[]
  readonly events: number
  readonly batches: number
  readonly hlc: Hlc
}

/** Fed with the batch records, then the event records, each in key order, in chunks of any size. */
export interface Verifier {
  /** @throws UnsupportedVersionError for records of a newer program */
  feed(entries: Iterable<Entry>): void
  end(): Verification
}

interface Pending {
  readonly hash: Uint8Array
  readonly envelope: Envelope
  readonly bytes: Uint8Array
  readonly entry: Entry
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Damage extends Mutable<Omit<Fault, 'evidence'>> {
  readonly evidence: Entry[]
}

const BATCH_BUCKET = 0x62
const QUARANTINED_BYTES = new TextEncoder().encode(QUARANTINED)

export function createVerifier(init: VerifierInit): Verifier {
  const index = createBatchIndex({ ...init, thorough: init.thorough ?? true })
  const walk = createWalk(init, index)
  return {
    feed(entries) {
      for (const entry of entries) {
        if (entry[0][0] === BATCH_BUCKET) index.add(entry)
        else walk.event(entry)
      }
    },
    end: () => walk.end(),
  }
}

function createWalk(init: VerifierInit, batches: BatchIndex) {
  const { signer } = init
  const author = new TextEncoder().encode(init.author)
  const faults: Damage[] = []
  const declared: DeclaredRange[] = []
  const torn: Entry[] = []
  const attributed = new Set<BadBatch>()
  let started = init.start !== null
  let expected = (init.start?.seq ?? 0) + 1
  let prev: Uint8Array | null = init.start?.hash ?? null
  let lastGoodHash = prev
  let signedThrough = expected - 1
  /** The run follows the signed part. */
  let linked = true
  let run: Pending[] = []
  let nextBatch = 0
  let tailFrom: number | null = null
  let events = 0
  let hlc = 0

  const lastSeqSigned = (): number => batches.good.at(-1)?.last ?? expected - 1
  /** After the last batch, with no sign that there was another: what comes now was never acknowledged. */
  const findTail = (): number => {
    batches.complete()
    const last = lastSeqSigned()
    return batches.bad.some(bad => bad.seq > last) ? Number.POSITIVE_INFINITY : last + 1
  }

  function event(entry: Entry): void {
    const seq = numberOfKey('event', entry[0])
    if (seq === null) faults.push(strayKey(entry))
    else if (inOrder(seq)) place(entry, seq)
    else torn.push(entry)
  }

  /** False for what lies in the unsigned tail. */
  function inOrder(seq: number): boolean {
    if (!started) begin(seq)
    if (seq < expected) throw new RangeError(`event ${seq} fed after event ${expected - 1}: not in key order`)
    tailFrom ??= findTail()
    return seq < tailFrom
  }

  function place(entry: Entry, seq: number): void {
    if (seq > expected) damage(expected, seq - 1, 'hole', `events ${expected} to ${seq - 1} are missing`, [])
    const opened = open(entry, seq)
    if ('fault' in opened) {
      damage(seq, seq, opened.fault, opened.detail, [entry])
    } else if (prev === null || equalBytes(opened.envelope.prevHash, prev) || unchain(opened, seq)) {
      run.push(opened)
      prev = opened.hash
      expected = seq + 1
      sign(seq)
    }
  }

  function strayKey(entry: Entry): Damage {
    const detail = 'a record under a key that is none of the log'
    return {
      fault: 'format',
      first: expected,
      last: expected,
      detail,
      lost: false,
      ...known(),
      evidence: [entry],
    }
  }

  function begin(seq: number): void {
    started = true
    expected = seq
    signedThrough = seq - 1
  }

  function open(entry: Entry, seq: number): Pending | { readonly fault: FaultKind; readonly detail: string } {
    if (!checksumHolds(entry[1])) return { fault: 'checksum', detail: `checksum of event ${seq} fails` }
    try {
      const bytes = openRecord(entry[1])
      const envelope = readEnvelope(bytes)
      if (envelope.seq !== seq) {
        return { fault: 'format', detail: `event ${envelope.seq} is kept under the key of ${seq}` }
      }
      if (!equalBytes(envelope.author, author)) {
        return { fault: 'author', detail: `event ${seq} is by ${new TextDecoder().decode(envelope.author)}` }
      }
      return { hash: signer.hash(bytes), envelope, bytes, entry }
    } catch (error) {
      if (error instanceof MalformedError) return { fault: 'format', detail: error.message }
      throw error
    }
  }

  /** The event does not follow the one before it. True if a new run may begin with it. */
  function unchain(opened: Pending, seq: number): boolean {
    const detail = `event ${seq} does not follow event ${seq - 1}: it names another hash`
    if (run.length === 0) {
      damage(seq, seq, 'chain', detail, [opened.entry])
      return false
    }
    dropRun('chain', detail)
    return true
  }

  /** A batch that ends at `seq` vouches for the run, if it names the same hash. */
  function sign(seq: number): void {
    let batch = batches.good[nextBatch]
    while (batch !== undefined && batch.last < seq) batch = batches.good[++nextBatch]
    if (batch === undefined || batch.last !== seq || prev === null) return
    if (!equalBytes(batch.head, prev)) {
      dropRun('signature', `batch ${batch.first} to ${batch.last} signs another event ${seq} than is stored`)
      return
    }
    checkCoverage(batch)
    if (init.thorough !== false) checkRoot(batch)
    keepRun()
    signedThrough = seq
    linked = true
  }

  /** Events before the batch that only the chain vouches for: their own batch record is missing or damaged. */
  function checkCoverage(batch: Batch): void {
    const first = run[0]?.envelope.seq ?? batch.first
    if (first < batch.first) vouchLost(first, batch.first - 1)
  }

  function vouchLost(first: number, last: number): void {
    const bad = batches.bad.filter(one => one.seq >= first && one.seq <= last)
    for (const one of bad) attributed.add(one)
    const detail = bad[0]?.detail ?? `the batch record of events ${first} to ${last} is missing`
    const evidence = bad.map(one => one.entry)
    faults.push({
      fault: bad[0]?.fault ?? 'unsigned',
      first,
      last,
      detail,
      lost: false,
      ...known(),
      evidence,
    })
  }

  function checkRoot(batch: Batch): void {
    const offset = batch.first - (run[0]?.envelope.seq ?? 0)
    if (offset < 0) return
    const leaves = (offset === 0 ? run : run.slice(offset)).map(pending => pending.hash)
    if (equalBytes(merkleRoot(leaves, signer.hash), batch.root)) return
    const detail = `the signed root of events ${batch.first} to ${batch.last} is not theirs`
    faults.push({
      fault: 'root',
      first: batch.first,
      last: batch.last,
      detail,
      lost: false,
      ...known(),
      evidence: [],
    })
  }

  const known = () => ({ signedThrough, lastGoodHash })

  function keepRun(): void {
    for (const { envelope, bytes, hash } of run) {
      events += 1
      hlc = Math.max(hlc, envelope.hlc)
      lastGoodHash = hash
      if (equalBytes(envelope.type, QUARANTINED_BYTES)) declared.push(...declaredRanges(decodeData(bytes)))
      init.onEvent?.(envelope, bytes)
    }
    run = []
  }

  function dropRun(fault: FaultKind, detail: string): void {
    const first = run[0]?.envelope.seq ?? expected
    const evidence = run.map(pending => pending.entry)
    run = []
    mark(first, expected - 1, fault, detail, evidence)
  }

  /** Decay at `first..last`: keeps the run if it follows the signed part, else it goes too. */
  function damage(first: number, last: number, fault: FaultKind, detail: string, evidence: Entry[]): void {
    if (linked) keepRun()
    else if (run.length > 0) dropRun(fault, detail)
    mark(first, last, fault, detail, evidence)
  }

  function mark(first: number, last: number, fault: FaultKind, detail: string, evidence: Entry[]): void {
    const before = faults.at(-1)
    if (before?.lost === true && before.last === first - 1) {
      before.last = last
      before.evidence.push(...evidence)
    } else {
      faults.push({ fault, first, last, detail, lost: true, ...known(), evidence })
    }
    linked = false
    prev = null
    expected = Math.max(expected, last + 1)
  }

  function end(): Verification {
    batches.complete()
    finishRun()
    for (const bad of batches.bad) {
      if (attributed.has(bad)) continue
      const { seq, fault, detail, entry } = bad
      faults.push({ fault, first: seq, last: seq, detail, lost: false, ...known(), evidence: [entry] })
    }
    const reached = init.reached ?? 0
    if (reached >= expected) {
      damage(
        expected,
        reached,
        'rollback',
        `the log ends at ${expected - 1}, but reached ${reached} once`,
        torn.splice(0),
      )
    }
    const { open, gaps, altered } = explain(faults, declared)
    const found = [...open, ...altered.map(alteredFault), ...tornFault()].toSorted(
      (a, b) => a.first - b.first,
    )
    const head = { seq: expected - 1, hash: lastGoodHash ?? new Uint8Array(32) }
    return { head, faults: found, gaps, events, batches: batches.good.length, hlc }
  }

  function finishRun(): void {
    const last = lastSeqSigned()
    if (expected <= last) damage(expected, last, 'hole', `events ${expected} to ${last} are missing`, [])
    const first = run[0]
    if (first === undefined) return
    if (linked) {
      vouchLost(first.envelope.seq, expected - 1)
      keepRun()
    } else {
      dropRun('unsigned', 'events that no signature and no chain vouch for')
    }
  }

  function tornFault(): Fault[] {
    const seqs = torn.map(entry => numberOfKey('event', entry[0]) ?? 0)
    const [first, last] = [seqs[0], seqs.at(-1)]
    if (first === undefined || last === undefined) return []
    const detail = `events ${first} to ${last} were never signed`
    return [{ fault: 'torn-tail', first, last, detail, lost: true, ...known(), evidence: torn }]
  }

  return { event, end }
}

/** The last good event before a declared gap is not the one that the declaration names. */
function alteredFault(gap: Fault): Fault {
  const last = gap.first - 1
  const first = Math.min(last, gap.signedThrough + 1)
  const detail = `event ${last} is not the one that the log named as its last good one before ${gap.first}`
  return { ...gap, fault: 'chain', first, last, detail, lost: false }
}

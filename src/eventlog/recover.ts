import { equalBytes } from '../bytes.ts'
import type { AgentId, Signer, StoreOp } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import { MalformedError } from './errors.ts'
import type { Fault, Gap } from './fault.ts'
import { faultEvents } from './gaps.ts'
import { type Entry, type KeyRange, keyOf, META_ANCHOR, quarantineKey, rangeOf } from './keys.ts'
import { createEventLog, GENESIS, type LogHead } from './log.ts'
import { openRecord } from './record.ts'
import { decodeAnchor, encodeAnchor } from './retention.ts'
import { decodeSnapshot, type Snapshot } from './snapshot.ts'
import { createVerifier, type Verification, type Verifier } from './verify.ts'
import { createLogFold, type LogFold, type LogView } from './views.ts'

export interface RecoveryInit {
  readonly author: AgentId
  /** The boot that is beginning: signs what recovery adds to the log. */
  readonly boot: number
  readonly signer: Signer
  /** A stamp of now, for the same. */
  readonly hlc: Hlc
  /** Highest seq known to have been durable, from a witness outside the log (the boot counter's file). */
  readonly reached?: number
  /**
   * Bytes that the store knows to have lost from its end, without knowing what was in them. If no hole accounts for
   * them, as many seqs are declared lost as could have been in them, so that none is ever used twice.
   */
  readonly droppedBytes?: number
  /** Verify from the first event on, also behind the newest snapshot, and every signature. @default false */
  readonly full?: boolean
}

/** A log ready to go on. Carries what the agent calls `Recovered`. */
export interface RecoveredLog {
  readonly log: LogHead
  /** Acknowledged events are missing: the node says so, and neither votes nor leads until they are back. */
  readonly quarantined: boolean
  /** To be written, synced, before anything is appended: damaged records to quarantine, and the events that say so. */
  readonly ops: readonly StoreOp[]
  readonly faults: readonly Fault[]
  /** All losses still open, old and new. */
  readonly gaps: readonly Gap[]
  readonly view: LogView
  /** Seqs of the snapshots that are whole, rising. */
  readonly snapshots: readonly number[]
  readonly stats: {
    /** First seq that was verified in this run. */
    readonly verifiedFrom: number
    readonly events: number
    readonly batches: number
  }
}

/**
 * Recovery without I/O: read the range it asks for, feed it in key order in chunks of any size, say when the range
 * is at its end, and repeat until it asks for nothing.
 */
export interface Recovery {
  readonly range: KeyRange | null
  /** @throws UnsupportedVersionError for records of a newer program: do not write, do not go on */
  feed(entries: Iterable<Entry>): void
  rangeEnd(): void
  result(): RecoveredLog
}

/** No event's record, key and framing are smaller. */
const EVENT_BYTES_MIN = 64

type Phase = 'anchor' | 'snapshots' | 'head' | 'batches' | 'events' | 'done'

export function createRecovery(init: RecoveryInit): Recovery {
  const { author, signer } = init
  const stray: Fault[] = []
  const snapshots: Snapshot[] = []
  let anchor: LogHead | null = GENESIS
  let phase: Phase = 'anchor'
  let start: LogHead | null = GENESIS
  let startFound = false
  let verifier: Verifier | null = null
  let verification: Verification | null = null
  let fold: LogFold = createLogFold()
  let begin: LogHead | null = null
  let reached = init.reached ?? 0
  let thorough = init.full ?? false
  let recovered: RecoveredLog | null = null

  function currentRange(): KeyRange | null {
    const from = (start?.seq ?? 0) + 1
    if (phase === 'anchor') return rangeOf('meta', META_ANCHOR, META_ANCHOR)
    if (phase === 'snapshots') return rangeOf('snapshot')
    if (phase === 'head') return rangeOf('event', from - 1, from - 1)
    if (phase === 'batches') return rangeOf('batch', from)
    return phase === 'events' ? rangeOf('event', from) : null
  }

  function feed(entries: Iterable<Entry>): void {
    if (verifier !== null) verifier.feed(entries)
    else for (const entry of entries) takeEntry(entry)
  }

  function takeEntry(entry: Entry): void {
    try {
      if (phase === 'anchor') anchor = decodeAnchor(entry[1])
      else if (phase === 'snapshots') snapshots.push(decodeSnapshot(entry, author, signer))
      else if (start !== null) startFound = equalBytes(signer.hash(openRecord(entry[1])), start.hash)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      if (phase === 'anchor') anchor = null
      if (phase !== 'head') stray.push(strayFault(entry, error.message))
    }
  }

  function rangeEnd(): void {
    if (phase === 'anchor') phase = 'snapshots'
    else if (phase === 'snapshots') chooseStart()
    else if (phase === 'head') startFound ? verifyFrom(start) : verifyFrom(anchor)
    else if (phase === 'batches') phase = 'events'
    else if (phase === 'events') concludeWalk()
  }

  /** From the newest whole snapshot, unless there is a reason to look behind it. */
  function chooseStart(): void {
    const newest = init.full === true ? undefined : snapshots.at(-1)
    if (newest === undefined || !standsAlone(newest)) {
      verifyFrom(anchor)
      return
    }
    start = newest.head
    // What the snapshot stands on must still be there, or be what retention dropped.
    startFound = anchor?.seq === start.seq && equalBytes(anchor.hash, start.hash)
    if (startFound) verifyFrom(start)
    else phase = 'head'
  }

  function standsAlone({ head, gaps }: Snapshot): boolean {
    if (anchor === null || head.seq < anchor.seq) return false
    const begins = anchor.seq
    return !gaps.some(gap => gap.last > begins)
  }

  function verifyFrom(head: LogHead | null): void {
    start = head
    phase = 'batches'
    begin = null
    const newest = snapshots.at(-1)
    reached = Math.max(reached, newest?.head.seq ?? 0)
    fold = createLogFold(newest?.view ?? null)
    const behind = newest?.head.seq ?? 0
    verifier = createVerifier({
      author,
      publicKey: signer.publicKey,
      signer,
      start,
      reached,
      thorough,
      onEvent: (envelope, bytes) => {
        begin ??= { seq: envelope.seq - 1, hash: Uint8Array.from(envelope.prevHash) }
        if (envelope.seq > behind) fold.addStored(envelope, bytes)
      },
    })
  }

  function concludeWalk(): void {
    if (verifier === null) return
    verification = verifier.end()
    const damaged = verification.faults.some(fault => fault.fault !== 'torn-tail')
    const unexplained = damaged ? 0 : Math.ceil((init.droppedBytes ?? 0) / EVENT_BYTES_MIN)
    if (damaged && !thorough) {
      // Nothing is taken on trust any more.
      thorough = true
      verifyFrom(anchor)
    } else if (unexplained > 0) {
      reached = verification.head.seq + unexplained
      verifyFrom(start)
    } else phase = 'done'
  }

  function conclude(): RecoveredLog {
    if (verification === null) throw new Error(`recovery is not at its end: ${phase} are still to be read`)
    const { events, batches, gaps, head } = verification
    const faults = [...stray, ...verification.faults]
    const declared = declare(verification)
    const ops = [...faults.flatMap(moveEvidence), ...newAnchor(), ...declared.ops]
    const lost = verification.faults.filter(fault => fault.fault !== 'torn-tail' && isLoss(fault))
    const allGaps = [...gaps, ...lost.map(({ first, last }) => ({ first, last }))].toSorted(
      (a, b) => a.first - b.first,
    )
    return {
      log: declared.head ?? head,
      quarantined: allGaps.length > 0,
      ops,
      faults,
      gaps: allGaps,
      view: fold.view(),
      snapshots: snapshots.map(snapshot => snapshot.head.seq),
      stats: { verifiedFrom: (start?.seq ?? 0) + 1, events, batches },
    }
  }

  function newAnchor(): StoreOp[] {
    const lost = anchor === null && begin !== null && begin.seq > 0
    return lost && begin !== null
      ? [{ type: 'put', key: keyOf('meta', META_ANCHOR), value: encodeAnchor(begin) }]
      : []
  }

  /** The events with which the log goes on after damage. */
  function declare({ faults, head, hlc }: Verification): {
    readonly ops: StoreOp[]
    readonly head: LogHead | null
  } {
    const drafts = faultEvents(faults)
    if (drafts.length === 0) return { ops: [], head: null }
    const log = createEventLog({ author, boot: init.boot, signer, head })
    const after = Math.max(init.hlc, hlc + 1, fold.view().hlc + 1)
    drafts.forEach((draft, i) => {
      log.append(draft, after + i)
    })
    const ops: StoreOp[] = []
    for (let write = log.flush(0); write !== null; write = log.flush(0)) {
      ops.push(...write.ops)
      for (const { event } of log.written(0)) fold.add(event)
    }
    return { ops, head: log.head }
  }

  return {
    get range() {
      return currentRange()
    },
    feed,
    rangeEnd,
    result() {
      recovered ??= conclude()
      return recovered
    },
  }
}

/** Events are missing, or one of those kept is proved to be another than was written. */
const isLoss = (fault: Fault): boolean => fault.lost || fault.fault === 'chain'

const moveEvidence = (fault: Fault): StoreOp[] =>
  fault.evidence.flatMap(([key, value]): StoreOp[] => [
    { type: 'put', key: quarantineKey(key), value },
    { type: 'del', key },
  ])

function strayFault(entry: Entry, detail: string): Fault {
  const place = { first: 0, last: 0, signedThrough: 0, lastGoodHash: null }
  return { fault: 'checksum', ...place, detail, lost: false, evidence: [entry] }
}

/** Recovery over a store that can be read at once, as in the simulator. */
export function recoverLog(init: RecoveryInit, read: (range: KeyRange) => Iterable<Entry>): RecoveredLog {
  const recovery = createRecovery(init)
  for (let range = recovery.range; range !== null; range = recovery.range) {
    recovery.feed(read(range))
    recovery.rangeEnd()
  }
  return recovery.result()
}

import { equalBytes } from '../bytes.ts'
import { MalformedError } from './errors.ts'
import type { Fault } from './fault.ts'
import { type Entry, type KeyRange, META_ANCHOR, rangeOf } from './keys.ts'
import { DEFAULT_LOG_LIMITS, GENESIS, type LogHead } from './log.ts'
import { declareFaults, isLoss, mendingOps } from './mend.ts'
import { openRecord } from './record.ts'
import type { RecoveredLog, Recovery, RecoveryInit } from './recover.ts'
import { decodeAnchor } from './retention.ts'
import { decodeSnapshot, type Snapshot } from './snapshot.ts'
import { createVerifier, type Verification, type Verifier, type VerifierInit } from './verify.ts'
import { createLogFold, type LogFold, type LogView } from './views.ts'

/** No event's record, key and framing are smaller. */
const EVENT_BYTES_MIN = 64
const VERIFY_EVENTS_MIN = 10_000

/** What is to be read next. */
type Phase = 'anchor' | 'snapshots' | 'head' | 'batches' | 'events' | 'done'

/** Chooses where verification begins, what is read for it, and what to make of its findings. */
export class LogRecovery implements Recovery {
  readonly #init: RecoveryInit
  readonly #stray: Fault[] = []
  readonly #snapshots: Snapshot[] = []
  #phase: Phase = 'anchor'
  /** Where the log begins, as retention left it; null = that record is damaged. */
  #anchor: LogHead | null = GENESIS
  /** Event after which to begin, if it is there. */
  #candidateSeq = 0
  /** What the first event to be verified follows; null = unknown. */
  #start: LogHead | null = null
  #reached: number
  #thorough: boolean
  #walk: LogWalk | null = null
  #recovered: RecoveredLog | null = null

  constructor(init: RecoveryInit) {
    this.#init = init
    this.#reached = init.reached ?? 0
    this.#thorough = init.full ?? false
  }

  get range(): KeyRange | null {
    const from = (this.#start?.seq ?? 0) + 1
    switch (this.#phase) {
      case 'anchor':
        return rangeOf('meta', META_ANCHOR, META_ANCHOR)
      case 'snapshots':
        return rangeOf('snapshot')
      case 'head':
        return rangeOf('event', this.#candidateSeq, this.#candidateSeq)
      case 'batches':
        // The one that signs the first event may begin before it.
        return rangeOf('batch', Math.max(0, from - DEFAULT_LOG_LIMITS.batchEvents))
      case 'events':
        return rangeOf('event', from)
      default:
        return null
    }
  }

  feed(entries: Iterable<Entry>): void {
    if (this.#walk !== null) this.#walk.verifier.feed(entries)
    else for (const entry of entries) this.#takeEntry(entry)
  }

  rangeEnd(): void {
    if (this.#phase === 'anchor') this.#phase = 'snapshots'
    else if (this.#phase === 'snapshots') this.#chooseStart()
    else if (this.#phase === 'head') this.#verifyFrom(this.#start ?? this.#anchor)
    else if (this.#phase === 'batches') this.#phase = 'events'
    else if (this.#phase === 'events') this.#concludeWalk()
  }

  result(): RecoveredLog {
    const verification = this.#walk?.verification ?? null
    if (this.#walk === null || verification === null) {
      throw new Error(`recovery is not at its end: ${this.#phase} are still to be read`)
    }
    this.#recovered ??= this.#conclude(this.#walk, verification)
    return this.#recovered
  }

  #takeEntry(entry: Entry): void {
    const { author, signer } = this.#init
    try {
      if (this.#phase === 'anchor') this.#anchor = decodeAnchor(entry[1])
      else if (this.#phase === 'snapshots') this.#snapshots.push(decodeSnapshot(entry, author, signer))
      else this.#takeHead(signer.hash(openRecord(entry[1])))
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      if (this.#phase === 'anchor') this.#anchor = null
      if (this.#phase !== 'head') this.#stray.push(strayFault(entry, error.message))
    }
  }

  /** A little behind the newest whole snapshot, unless there is a reason to look at everything. */
  #chooseStart(): void {
    const { full = false, verifyEventsMin = VERIFY_EVENTS_MIN } = this.#init
    const newest = full ? undefined : this.#snapshots.at(-1)
    const anchor = this.#anchor
    if (newest === undefined || anchor === null || !standsAlone(newest, anchor)) {
      this.#verifyFrom(anchor)
      return
    }
    this.#candidateSeq = Math.max(anchor.seq, newest.head.seq - verifyEventsMin)
    if (this.#candidateSeq === anchor.seq) this.#verifyFrom(anchor)
    else this.#phase = 'head'
  }

  /** The event to begin after is there: of the one that a snapshot stands on, it is known which it has to be. */
  #takeHead(hash: Uint8Array): void {
    const newest = this.#snapshots.at(-1)?.head
    if (newest?.seq === this.#candidateSeq && !equalBytes(newest.hash, hash)) return
    this.#start = { seq: this.#candidateSeq, hash }
  }

  #verifyFrom(start: LogHead | null): void {
    const { author, signer } = this.#init
    const newest = this.#snapshots.at(-1)
    this.#start = start
    this.#phase = 'batches'
    this.#reached = Math.max(this.#reached, newest?.head.seq ?? 0)
    this.#walk = new LogWalk(newest?.view ?? null, onEvent =>
      createVerifier({
        author,
        publicKey: signer.publicKey,
        signer,
        start,
        reached: this.#reached,
        thorough: this.#thorough,
        onEvent,
      }),
    )
  }

  #concludeWalk(): void {
    if (this.#walk === null) return
    const { faults, head } = this.#walk.end()
    const isDamaged = faults.some(({ fault }) => fault !== 'torn-tail')
    const unexplained = isDamaged ? 0 : Math.ceil((this.#init.droppedBytes ?? 0) / EVENT_BYTES_MIN)
    if ((isDamaged || unexplained > 0) && !this.#thorough) {
      // Nothing is taken on trust any more.
      this.#thorough = true
      this.#verifyFrom(this.#anchor)
    } else if (unexplained > 0) {
      this.#reached = head.seq + unexplained
      this.#verifyFrom(this.#start)
    } else this.#phase = 'done'
  }

  #conclude(walk: LogWalk, verification: Verification): RecoveredLog {
    const { events, batches, gaps, head } = verification
    const faults = [...this.#stray, ...verification.faults]
    const declared = declareFaults(this.#init, verification, walk.fold)
    // The record of where the log begins is lost: it begins where it was found to.
    const begin = this.#anchor === null && walk.begin !== null && walk.begin.seq > 0 ? walk.begin : null
    const lost = verification.faults.filter(isLoss).map(({ first, last }) => ({ first, last }))
    const allGaps = [...gaps, ...lost].toSorted((a, b) => a.first - b.first)
    return {
      log: declared.head ?? head,
      quarantined: allGaps.length > 0,
      ops: [...mendingOps(faults, begin), ...declared.ops],
      faults,
      gaps: allGaps,
      view: walk.fold.view(),
      snapshots: this.#snapshots.map(snapshot => snapshot.head.seq),
      stats: { verifiedFrom: (this.#start?.seq ?? 0) + 1, events, batches },
    }
  }
}

type OnEvent = NonNullable<VerifierInit['onEvent']>

/** One walk along the events, and the state that they lead to from that of the newest snapshot. */
class LogWalk {
  readonly verifier: Verifier
  readonly fold: LogFold
  /** What the first event follows. */
  begin: LogHead | null = null
  verification: Verification | null = null

  constructor(view: LogView | null, verifierOf: (onEvent: OnEvent) => Verifier) {
    const behind = view?.seq ?? 0
    this.fold = createLogFold(view)
    this.verifier = verifierOf((envelope, bytes) => {
      this.begin ??= { seq: envelope.seq - 1, hash: Uint8Array.from(envelope.prevHash) }
      if (envelope.seq > behind) this.fold.addStored(envelope, bytes)
    })
  }

  end(): Verification {
    this.verification = this.verifier.end()
    return this.verification
  }
}

/** No loss that the snapshot's log declares lies where its events are still kept. */
function standsAlone({ head, gaps }: Snapshot, anchor: LogHead): boolean {
  return head.seq >= anchor.seq && !gaps.some(gap => gap.last > anchor.seq)
}

function strayFault(entry: Entry, detail: string): Fault {
  const place = { first: 0, last: 0, signedThrough: 0, lastGoodHash: null }
  return { fault: 'checksum', ...place, detail, lost: false, evidence: [entry] }
}

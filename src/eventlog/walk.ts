import { equalBytes } from '../bytes.ts'
import type { AgentId, Signer } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import type { Batch } from './batch.ts'
import type { BadBatch, BatchIndex } from './batch-index.ts'
import { DamageList, type Ground } from './damage.ts'
import { decodeData, type Envelope } from './encode.ts'
import { type DeclaredRange, declaredRanges, QUARANTINED } from './gaps.ts'
import { type Entry, numberOfKey } from './keys.ts'
import { GENESIS, type LogHead } from './log.ts'
import { merkleRoot } from './merkle.ts'
import { type Finding, type OpenedEvent, openEvent } from './opened-event.ts'

export interface WalkInit {
  readonly author: AgentId
  readonly signer: Pick<Signer, 'hash'>
  readonly start: LogHead | null
  /** Check Merkle roots too. */
  readonly thorough: boolean
  readonly onEvent?: (envelope: Envelope, bytes: Uint8Array) => void
}

const QUARANTINED_BYTES = new TextEncoder().encode(QUARANTINED)

/** Walks along the events of a log, in order, and judges each by its neighbours and signatures (see `verify.ts`). */
export class Walk {
  readonly #init: WalkInit
  readonly #author: Uint8Array
  readonly #batches: BatchIndex
  readonly #damage = new DamageList()
  readonly #declared: DeclaredRange[] = []
  readonly #torn: Entry[] = []
  readonly #attributed = new Set<BadBatch>()
  #started: boolean
  #expected: number
  /** Hash of the event before; null = unknown, behind damage or at a beginning. */
  #prev: Uint8Array | null
  #ground: Ground
  /** The run follows the signed part. */
  #linked = true
  /** Chained to one another, and not yet signed. */
  #run: OpenedEvent[] = []
  #tailFrom = 0
  #events = 0
  #hlc: Hlc = 0

  constructor(init: WalkInit, batches: BatchIndex) {
    const { author, start } = init
    this.#init = init
    this.#author = new TextEncoder().encode(author)
    this.#batches = batches
    this.#started = start !== null
    this.#expected = (start?.seq ?? 0) + 1
    this.#prev = start?.hash ?? null
    this.#ground = { signedThrough: this.#expected - 1, lastGoodHash: this.#prev }
  }

  /** Where the log ends, as far as it was walked. */
  get head(): LogHead {
    return { seq: this.#expected - 1, hash: this.#ground.lastGoodHash ?? GENESIS.hash }
  }

  get ground(): Ground {
    return this.#ground
  }

  get damage(): DamageList {
    return this.#damage
  }

  /** What the events kept say themselves that the log has lost. */
  get declared(): readonly DeclaredRange[] {
    return this.#declared
  }

  /** Events behind the last signature, of which nobody was ever told. */
  get torn(): readonly Entry[] {
    return this.#torn
  }

  get kept(): { readonly events: number; readonly hlc: Hlc } {
    return { events: this.#events, hlc: this.#hlc }
  }

  /** Takes the next record of the events' bucket. */
  event(entry: Entry): void {
    const seq = numberOfKey('event', entry[0])
    if (seq === null) this.#strayKey(entry)
    else if (this.#isBeforeTail(seq)) this.#place(entry, seq)
    else this.#torn.push(entry)
  }

  /** There are no more events: decides about the run that no signature ends, and about batches not spoken of. */
  finish(): void {
    const last = this.#lastSigned()
    if (this.#expected <= last) this.#missing(last)
    const first = this.#run[0]
    if (first !== undefined && this.#linked) {
      this.#vouchLost(first.envelope.seq, this.#expected - 1)
      this.#keepRun()
    } else if (first !== undefined) {
      this.#dropRun({ fault: 'unsigned', detail: 'events that no signature and no chain vouch for' })
    }
    for (const bad of this.#batches.bad) {
      if (this.#attributed.has(bad)) continue
      this.#damage.doubtful({ first: bad.seq, last: bad.seq }, findingOf(bad), this.#ground, [bad.entry])
    }
  }

  /** Events up to `last`, which somebody saw, are gone from the end; `evidence` is what was found in their place. */
  endMissing(last: number, evidence: readonly Entry[]): void {
    const detail = `the log ends at ${this.#expected - 1}, but reached ${last} once`
    this.#decayed(this.#expected, last, { fault: 'rollback', detail }, evidence)
  }

  #isBeforeTail(seq: number): boolean {
    if (!this.#started) this.#begin(seq)
    const before = this.#expected - 1
    if (seq <= before) throw new RangeError(`event ${seq} fed after event ${before}: not in key order`)
    if (seq >= this.#tailFrom) this.#tailFrom = this.#findTail()
    return seq < this.#tailFrom
  }

  #begin(seq: number): void {
    this.#started = true
    this.#expected = seq
    if (seq === 1) this.#prev = GENESIS.hash
    this.#ground = { signedThrough: seq - 1, lastGoodHash: this.#prev }
  }

  /** After the last batch, with no sign that there was another: what comes then was never acknowledged. */
  #findTail(): number {
    this.#batches.complete()
    const last = this.#lastSigned()
    return this.#batches.bad.some(bad => bad.seq > last) ? Number.POSITIVE_INFINITY : last + 1
  }

  #lastSigned(): number {
    return this.#batches.lastSigned ?? this.#expected - 1
  }

  #place(entry: Entry, seq: number): void {
    if (seq > this.#expected) this.#missing(seq - 1)
    const opened = openEvent(entry, seq, this.#author, this.#init.signer)
    if ('fault' in opened) {
      this.#decayed(seq, seq, opened, [entry])
    } else if (this.#follows(opened) || this.#beginsAnew(opened, seq)) {
      this.#run.push(opened)
      this.#prev = opened.hash
      this.#expected = seq + 1
      this.#sign(seq)
    }
  }

  #follows({ envelope }: OpenedEvent): boolean {
    return this.#prev === null || equalBytes(envelope.prevHash, this.#prev)
  }

  /** The event does not follow the one before it: one of the two is altered. True if a new run may begin with it. */
  #beginsAnew(opened: OpenedEvent, seq: number): boolean {
    const detail = `event ${seq} does not follow event ${seq - 1}: it names another hash`
    if (this.#run.length > 0) {
      this.#dropRun({ fault: 'chain', detail })
      return true
    }
    this.#decayed(seq, seq, { fault: 'chain', detail }, [opened.entry])
    return false
  }

  /** A batch that ends at `seq` vouches for the run, if it names the same hash. */
  #sign(seq: number): void {
    const batch = this.#batches.endingAt(seq)
    if (batch === null || this.#prev === null) return
    if (!equalBytes(batch.head, this.#prev)) {
      const detail = `batch ${batch.first} to ${batch.last} signs another event ${seq} than is stored`
      this.#dropRun({ fault: 'signature', detail })
      return
    }
    const first = this.#run[0]?.envelope.seq ?? batch.first
    // What comes before the batch is vouched for by the chain alone: its own batch record is missing or damaged.
    if (first < batch.first) this.#vouchLost(first, batch.first - 1)
    if (this.#init.thorough) this.#checkRoot(batch, first)
    this.#keepRun()
    this.#ground = { ...this.#ground, signedThrough: seq }
    this.#linked = true
  }

  #checkRoot(batch: Batch, first: number): void {
    const offset = batch.first - first
    if (offset < 0) return
    const leaves = (offset === 0 ? this.#run : this.#run.slice(offset)).map(({ hash }) => hash)
    if (equalBytes(merkleRoot(leaves, this.#init.signer.hash), batch.root)) return
    const detail = `the signed root of events ${batch.first} to ${batch.last} is not theirs`
    this.#damage.doubtful(batch, { fault: 'root', detail }, this.#ground, [])
  }

  /** No batch vouches for these events, that are whole otherwise. */
  #vouchLost(first: number, last: number): void {
    const bad = this.#batches.bad.filter(({ seq }) => seq >= first && seq <= last)
    for (const one of bad) this.#attributed.add(one)
    const missing = `the batch record of events ${first} to ${last} is missing`
    const found: Finding = bad[0] === undefined ? { fault: 'unsigned', detail: missing } : findingOf(bad[0])
    const evidence = bad.map(({ entry }) => entry)
    this.#damage.doubtful({ first, last }, found, this.#ground, evidence)
  }

  #strayKey(entry: Entry): void {
    const detail = 'a record under a key that is none of the log'
    const place = { first: this.#expected, last: this.#expected }
    this.#damage.doubtful(place, { fault: 'format', detail }, this.#ground, [entry])
  }

  #missing(last: number): void {
    const first = this.#expected
    this.#decayed(first, last, { fault: 'hole', detail: `events ${first} to ${last} are missing` }, [])
  }

  /** Decay at `first..last`: keeps the run if it follows the signed part, else it goes too. */
  #decayed(first: number, last: number, found: Finding, evidence: readonly Entry[]): void {
    if (this.#linked) this.#keepRun()
    else if (this.#run.length > 0) this.#dropRun(found)
    this.#lost(first, last, found, evidence)
  }

  #keepRun(): void {
    for (const { envelope, bytes } of this.#run) {
      this.#events += 1
      this.#hlc = Math.max(this.#hlc, envelope.hlc)
      if (equalBytes(envelope.type, QUARANTINED_BYTES))
        this.#declared.push(...declaredRanges(decodeData(bytes)))
      this.#init.onEvent?.(envelope, bytes)
    }
    const lastGoodHash = this.#run.at(-1)?.hash ?? this.#ground.lastGoodHash
    this.#ground = { ...this.#ground, lastGoodHash }
    this.#run = []
  }

  #dropRun(found: Finding): void {
    const first = this.#run[0]?.envelope.seq ?? this.#expected
    const evidence = this.#run.map(({ entry }) => entry)
    this.#run = []
    this.#lost(first, this.#expected - 1, found, evidence)
  }

  #lost(first: number, last: number, found: Finding, evidence: readonly Entry[]): void {
    this.#damage.lost({ first, last }, found, this.#ground, evidence)
    this.#linked = false
    this.#prev = null
    this.#expected = Math.max(this.#expected, last + 1)
  }
}

const findingOf = ({ fault, detail }: BadBatch): Finding => ({ fault, detail })

import { toString as textOf } from 'uint8arrays/to-string'
import { equalBytes } from '../bytes.ts'
import type { AgentId, Signer } from '../ports.ts'
import { encodeBatch, type SignedBatch } from './batch.ts'
import { MalformedError } from './errors.ts'
import type { HashedEvent } from './event.ts'
import { parseLogLine } from './export.ts'
import type { Fault } from './fault.ts'
import { isExcusable } from './gaps.ts'
import { type Entry, keyOf } from './keys.ts'
import { DEFAULT_LOG_LIMITS } from './log.ts'
import { sealRecord } from './record.ts'
import { createVerifier, type Verifier } from './verify.ts'
import type { LogFaultFound, LogVerdict } from './verify-log.ts'

export interface LogCheckInit {
  /** Public key (32 bytes) of an author that is believed; null of any other. */
  readonly keyOf: (author: AgentId) => Uint8Array | null
  readonly signer: Pick<Signer, 'hash' | 'verify'>
  /** @default nobody witnessed it, and nobody was revoked */
  readonly trust?: LogTrust
}

/** What others know of logs. */
export interface LogTrust {
  /** Heads as their authors signed them, signatures verified. */
  readonly witnessed: readonly { readonly agent: AgentId; readonly seq: number; readonly hash: Uint8Array }[]
  /** Authors whose certificates were taken back, and up to where what they signed is still good; null = nothing is. */
  readonly revoked: readonly { readonly agent: AgentId; readonly validTo: { readonly seq: number } | null }[]
}

/** No log lets more wait for a signature. */
const { stagedEvents: UNSIGNED_EVENTS_MAX, stagedBytes: UNSIGNED_BYTES_MAX } = DEFAULT_LOG_LIMITS
/** Holes that the log may declare further on. */
const FAULTS_MAX = 65_536

/** An event behind the last signature, and the line it is in. */
interface Unsigned {
  readonly seq: number
  readonly line: number
  readonly bytes: number
}

/** An event beyond the last batch. */
interface Held {
  readonly seq: number
  readonly entry: Entry
}

/**
 * Verifies an exported log line by line, batches in the order of their events, as `skein log export` writes it. Holds
 * the events that are not signed yet, and a note of each loss until the log has declared it: however long the log is,
 * no more. Ends at the first fault that can't be declared.
 */
export class LogCheck {
  readonly #init: LogCheckInit
  #line = 0
  #author: AgentId | null = null
  #first: number | null = null
  #last = 0
  #verifier: Verifier | null = null
  /** Events beyond the last batch, to be fed behind the one that signs them. */
  readonly #held: Held[] = []
  readonly #unsigned: Unsigned[] = []
  #unsignedBytes = 0
  #coveredThrough = 0
  /** Lines of the places that faults name. */
  readonly #lines = new Map<number, number>()
  #faultsSeen = 0
  #verdict: LogFaultFound | null = null

  constructor(init: LogCheckInit) {
    this.#init = init
  }

  /** Whose log it says it is; null until its first line. */
  get author(): AgentId | null {
    return this.#author
  }

  /** Takes the next line, text or parsed; blank ones are skipped. What is wrong ends the check; null = nothing yet. */
  add(line: unknown): LogFaultFound | null {
    if (this.#verdict !== null) return this.#verdict
    this.#line += 1
    if (typeof line === 'string' && line.trim() === '') return null
    try {
      const item = parseLogLine(line)
      this.#verdict = item.kind === 'event' ? this.#event(item.hashed, item.bytes) : this.#batch(item.signed)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.#verdict = { ok: false, fault: 'format', seq: null, line: this.#line, detail: error.message }
    }
    return this.#verdict
  }

  /** There are no more lines. */
  end(): LogVerdict {
    if (this.#verdict !== null) return this.#verdict
    if (this.#verifier === null) {
      return { ok: true, author: null, first: 0, last: 0, events: 0, batches: 0, head: '', gaps: [] }
    }
    this.#feed(this.#verifier, this.#held)
    const { faults, gaps, head, events, batches } = this.#verifier.end()
    if (faults[0] !== undefined) return this.#found(faults[0])
    const missing = this.#missing()
    if (missing !== null) return missing
    const [author, first, hash] = [this.#author, this.#first ?? 1, textOf(head.hash, 'hex')]
    return { ok: true, author, first, last: head.seq, events, batches, head: hash, gaps }
  }

  #event({ event, hash }: HashedEvent, bytes: Uint8Array): LogFaultFound | null {
    const { seq } = event
    const at = { ok: false, seq, line: this.#line } as const
    if (!equalBytes(this.#init.signer.hash(bytes), hash)) {
      return { ...at, fault: 'checksum', detail: `event ${seq} has another hash than its line says` }
    }
    if (this.#first !== null && this.#last >= seq) {
      return { ...at, fault: 'format', detail: `event ${seq} comes after event ${this.#last}` }
    }
    const verifier = this.#verifierFor(event.author)
    if (verifier === null) return this.#unknownAuthor(event.author, seq)
    const denied = this.#denied(event.author, seq, hash)
    if (denied !== null) return { ...at, ...denied }
    this.#first ??= seq
    this.#last = seq
    this.#unsigned.push({ seq, line: this.#line, bytes: bytes.byteLength })
    this.#unsignedBytes += bytes.byteLength
    this.#held.push({ seq, entry: [keyOf('event', seq), sealRecord(bytes)] })
    return seq <= this.#coveredThrough ? this.#feedHeld(verifier) : this.#tooMuchUnsigned()
  }

  #batch(signed: SignedBatch): LogFaultFound | null {
    const { author, first, last } = signed.batch
    const verifier = this.#verifierFor(author)
    if (verifier === null) return this.#unknownAuthor(author, first)
    verifier.feed([[keyOf('batch', first), sealRecord(encodeBatch(signed))]])
    this.#coveredThrough = Math.max(this.#coveredThrough, last)
    return this.#feedHeld(verifier)
  }

  /** Of the first author alone: what others signed is a fault of this log. */
  #verifierFor(author: AgentId): Verifier | null {
    if (this.#verifier !== null) return this.#verifier
    const publicKey = this.#init.keyOf(author)
    this.#author = author
    if (publicKey === null) return null
    this.#verifier = createVerifier({ author, publicKey, signer: this.#init.signer, start: null })
    return this.#verifier
  }

  /** What others know against an event. */
  #denied(author: AgentId, seq: number, hash: Uint8Array): Pick<LogFaultFound, 'fault' | 'detail'> | null {
    const { witnessed = [], revoked = [] } = this.#init.trust ?? {}
    const seen = witnessed.find(head => head.agent === author && head.seq === seq)
    if (seen !== undefined && !equalBytes(seen.hash, hash))
      return { fault: 'rewritten', detail: `its author signed another event ${seq} before: a witness has it` }
    const entry = revoked.find(({ agent }) => agent === author)
    if (entry === undefined || seq <= (entry.validTo?.seq ?? 0)) return null
    const upTo =
      entry.validTo === null ? 'nothing it signed' : `what it signed up to event ${entry.validTo.seq}`
    return { fault: 'revoked', detail: `its author was revoked, and only ${upTo} is good` }
  }

  /** Events that were durable once, as their author signed, and are not there any more. */
  #missing(): LogFaultFound | null {
    const ends = this.#init.trust?.witnessed
      .filter(({ agent }) => agent === this.#author)
      .map(({ seq }) => seq)
    const last = Math.max(0, ...(ends ?? []))
    if (last <= this.#last) return null
    const detail = `it ends at event ${this.#last}, and its author signed that it went to ${last}`
    return { ok: false, fault: 'shortened', seq: this.#last + 1, line: null, detail }
  }

  #unknownAuthor(author: AgentId, seq: number): LogFaultFound {
    return { ok: false, fault: 'author', seq, line: null, detail: `no key is known for ${author}` }
  }

  /** Feeds the events that batches cover by now. */
  #feedHeld(verifier: Verifier): LogFaultFound | null {
    const ahead = this.#held.findIndex(({ seq }) => seq > this.#coveredThrough)
    this.#feed(verifier, this.#held.splice(0, ahead === -1 ? this.#held.length : ahead))
    if (verifier.isBeyondExcuse) {
      // A loss may be declared in what was not read: the first fault that can't be is the one to tell.
      const fault = verifier.end().faults.find(one => !isExcusable(one))
      return fault === undefined ? null : this.#found(fault)
    }
    const [fault] = verifier.damage
    if (fault === undefined || verifier.damage.length <= FAULTS_MAX) return this.#tooMuchUnsigned()
    return this.#found({ ...fault, detail: `${fault.detail}, the first of more than ${FAULTS_MAX} losses` })
  }

  #feed(verifier: Verifier, events: readonly Held[]): void {
    verifier.feed(events.map(({ entry }) => entry))
    for (const { first, signedThrough } of verifier.damage.slice(this.#faultsSeen)) {
      // The place itself, and the one that is named if the log declares the loss, but of another log.
      this.#noteLine(first)
      this.#noteLine(Math.min(first - 1, signedThrough + 1))
    }
    this.#faultsSeen = verifier.damage.length
    const still = this.#unsigned.findIndex(({ seq }) => seq > verifier.signedThrough)
    const signed = this.#unsigned.splice(0, still === -1 ? this.#unsigned.length : still)
    for (const { bytes } of signed) this.#unsignedBytes -= bytes
  }

  #noteLine(place: number): void {
    const line = this.#unsigned.find(({ seq }) => seq === place)?.line
    if (line !== undefined) this.#lines.set(place, line)
  }

  #tooMuchUnsigned(): LogFaultFound | null {
    const first = this.#unsigned[0]
    const isFine = this.#unsigned.length <= UNSIGNED_EVENTS_MAX && this.#unsignedBytes <= UNSIGNED_BYTES_MAX
    if (first === undefined || isFine) return null
    const detail = `events ${first.seq} to ${this.#last} are followed by no signature: no log leaves so many unsigned`
    return { ok: false, fault: 'unsigned', seq: first.seq, line: first.line, detail }
  }

  #found({ fault, first: seq, detail }: Fault): LogFaultFound {
    const line = this.#lines.get(seq) ?? this.#unsigned.find(one => one.seq === seq)?.line ?? null
    return { ok: false, fault, seq, line, detail }
  }
}

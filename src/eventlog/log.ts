import type { AgentId, Signer, StoreOp, WriteToken } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import { encodeBatch, signBatch } from './batch.ts'
import { EVENT_VERSION, encodeEvent } from './encode.ts'
import { WrongTokenError } from './errors.ts'
import type { EventDraft, HashedEvent } from './event.ts'
import { keyOf, putsFrom } from './keys.ts'
import { merkleRoot } from './merkle.ts'
import { sealRecord } from './record.ts'

/** A place in the chain: an event's number and hash. */
export interface LogHead {
  readonly seq: number
  readonly hash: Uint8Array
}

/** What the first event of an agent's first boot follows. */
export const GENESIS: LogHead = { seq: 0, hash: new Uint8Array(32) }

export interface LogLimits {
  /** Events, and bytes of their records, that go to disk under one signature. */
  readonly batchEvents: number
  readonly batchBytes: number
  /**
   * Events, and bytes of their records, that may wait for the disk. Overflow rule: what is in the chain stays, what
   * is new is refused; telemetry (see `telemetry`) already when three quarters are used, so that the rest
   * is left for what must not be missed. The first event after room returns is `log.overflowed`, which says how many
   * were refused and between which stamps: a gap in the record is never silent.
   */
  readonly stagedEvents: number
  readonly stagedBytes: number
  /** Beginnings of the types that are refused first. */
  readonly telemetry: readonly string[]
}

/** One batch and the next; recovery counts on `batchEvents` to find the batch an event is in. */
export const DEFAULT_LOG_LIMITS: LogLimits = {
  batchEvents: 256,
  batchBytes: 1_048_576,
  stagedEvents: 65_536,
  stagedBytes: 67_108_864,
  telemetry: ['flight.', 'peer.'],
}

const TELEMETRY_SHARE = 0.75

interface LogStats {
  /** Appended and not yet durable, the batch in flight included. */
  readonly staged: number
  readonly stagedBytes: number
  /** Events refused because of the bound, since the start. */
  readonly refused: number
  readonly failedWrites: number
  /** Why the last write failed; null once one succeeded after it. */
  readonly lastFailure: string | null
}

/** The writing end of one agent's log. At most one write is in flight; what comes meanwhile is the next batch. */
export interface EventLog {
  /**
   * Gives the event its place in the chain; durable only once `written` returns it. Returns its seq, or null if
   * it was refused because too much waits for the disk.
   * @throws EventRefusedError if it could not be read back (see `encodeEvent`)
   */
  append(draft: EventDraft, hlc: Hlc): number | null
  /** The next write, to be made durable as one atomic synced batch; null while one is in flight or nothing waits. */
  flush(token: WriteToken): { readonly ops: readonly StoreOp[]; readonly sync: true } | null
  /** The write is durable: its events, in order. @throws WrongTokenError */
  written(token: WriteToken): readonly HashedEvent[]
  /**
   * The write failed, or nobody knows. The same bytes are given out again by the next `flush`: whatever became of
   * the first try, the second leaves the same records, and no seq is ever signed with two contents. @throws WrongTokenError
   */
  failed(token: WriteToken, reason: string): void
  /** Last event appended, and last one durable. */
  readonly head: LogHead
  readonly durableHead: LogHead
  readonly stats: LogStats
}

export interface EventLogInit {
  readonly author: AgentId
  /** Starts so far, this one included. */
  readonly boot: number
  readonly signer: Pick<Signer, 'sign' | 'hash'>
  /** Where the verified log ends (`recover.ts`), or GENESIS. */
  readonly head: LogHead
  readonly limits?: Partial<LogLimits>
}

interface Staged extends HashedEvent {
  readonly record: Uint8Array
}

interface Sealed {
  readonly ops: readonly StoreOp[]
  readonly events: readonly HashedEvent[]
  readonly bytes: number
}

interface Refusals {
  count: number
  readonly firstHlc: Hlc
  lastHlc: Hlc
}

export function createEventLog(init: EventLogInit): EventLog {
  const { author, boot, signer } = init
  const limits: LogLimits = { ...DEFAULT_LOG_LIMITS, ...init.limits }
  let head = init.head
  let durableHead = init.head
  let waiting: Staged[] = []
  let sealed: Sealed | null = null
  let inFlight: WriteToken | null = null
  let stagedBytes = 0
  let refusals: Refusals | null = null
  let refused = 0
  let failedWrites = 0
  let lastFailure: string | null = null

  const stagedCount = (): number => waiting.length + (sealed?.events.length ?? 0)

  function hasRoom(type: string): boolean {
    const share = limits.telemetry.some(start => type.startsWith(start)) ? TELEMETRY_SHARE : 1
    return stagedCount() < limits.stagedEvents * share && stagedBytes < limits.stagedBytes * share
  }

  function stage(draft: EventDraft, hlc: Hlc): number {
    const seq = head.seq + 1
    const event = { ...draft, v: EVENT_VERSION, author, boot, seq, prevHash: head.hash, hlc }
    const bytes = encodeEvent(event)
    const hash = signer.hash(bytes)
    const record = sealRecord(bytes)
    waiting.push({ event, hash, record })
    stagedBytes += record.byteLength
    head = { seq, hash }
    return seq
  }

  function declareRefusals(): void {
    if (refusals === null) return
    const { count, firstHlc, lastHlc } = refusals
    refusals = null
    stage({ type: 'log.overflowed', subject: '', data: { refused: count, firstHlc, lastHlc } }, lastHlc)
  }

  function append(draft: EventDraft, hlc: Hlc): number | null {
    if (hasRoom(draft.type)) {
      declareRefusals()
      return stage(draft, hlc)
    }
    refused += 1
    if (refusals === null) refusals = { count: 1, firstHlc: hlc, lastHlc: hlc }
    else {
      refusals.count += 1
      refusals.lastHlc = hlc
    }
    return null
  }

  function seal(): Sealed | null {
    let bytes = 0
    let count = 0
    for (const staged of waiting) {
      const over = bytes + staged.record.byteLength > limits.batchBytes
      if (count === limits.batchEvents || (count > 0 && over)) break
      bytes += staged.record.byteLength
      count += 1
    }
    const batch = waiting.slice(0, count)
    const first = batch[0]
    const last = batch.at(-1)
    if (first === undefined || last === undefined) return null
    waiting = waiting.slice(count)
    const records = batch.map(staged => staged.record)
    const puts = putsFrom('event', first.event.seq, records)
    return {
      ops: [...puts, batchOp(batch, first, last, bytes)],
      events: batch.map(hashedOnly),
      bytes,
    }
  }

  function batchOp(events: readonly Staged[], first: Staged, last: Staged, sizeBytes: number): StoreOp {
    const root = merkleRoot(
      events.map(staged => staged.hash),
      signer.hash,
    )
    const batch = {
      author,
      boot,
      first: first.event.seq,
      last: last.event.seq,
      root,
      head: last.hash,
      hlc: last.event.hlc,
      sizeBytes,
    }
    const record = sealRecord(encodeBatch(signBatch(batch, signer)))
    return { type: 'put', key: keyOf('batch', batch.first), value: record }
  }

  function flush(token: WriteToken): { readonly ops: readonly StoreOp[]; readonly sync: true } | null {
    if (inFlight !== null) return null
    if (refusals !== null && hasRoom('')) declareRefusals()
    sealed ??= seal()
    if (sealed === null) return null
    inFlight = token
    return { ops: sealed.ops, sync: true }
  }

  function settle(token: WriteToken): Sealed {
    if (inFlight !== token || sealed === null) throw new WrongTokenError(token, inFlight)
    inFlight = null
    return sealed
  }

  function written(token: WriteToken): readonly HashedEvent[] {
    const done = settle(token)
    sealed = null
    stagedBytes -= done.bytes
    lastFailure = null
    const last = done.events.at(-1)
    if (last !== undefined) durableHead = { seq: last.event.seq, hash: last.hash }
    return done.events
  }

  function failed(token: WriteToken, reason: string): void {
    settle(token)
    failedWrites += 1
    lastFailure = reason
  }

  return {
    append,
    flush,
    written,
    failed,
    get head() {
      return head
    },
    get durableHead() {
      return durableHead
    },
    get stats() {
      return { staged: stagedCount(), stagedBytes, refused, failedWrites, lastFailure }
    },
  }
}

const hashedOnly = ({ event, hash }: Staged): HashedEvent => ({ event, hash })

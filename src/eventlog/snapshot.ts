import type { AgentId, Now, Signer, StoreOp } from '../ports.ts'
import { CborCursor, MAJOR } from './cbor-cursor.ts'
import { decodeCanonical } from './decode-canonical.ts'
import { encodeCanonical } from './encode.ts'
import { MalformedError, UnsupportedVersionError } from './errors.ts'
import type { EventData, HashedEvent } from './event.ts'
import type { Gap } from './fault.ts'
import { type Entry, keyOf, numberOfKey } from './keys.ts'
import type { LogHead } from './log.ts'
import { openRecord, sealRecord } from './record.ts'
import { blobSignatureHolds, decodeBlob, encodeBlob, signBlob } from './signed-blob.ts'
import { createLogFold, type LogView } from './views.ts'

/** The state of a log at one place, always the end of a batch, signed by its author. */
export interface Snapshot {
  readonly author: AgentId
  readonly boot: number
  readonly head: LogHead
  readonly view: LogView
  /** Losses behind this place that the log declares. */
  readonly gaps: readonly Gap[]
}

const VERSIONS = [1]
const WHAT = 'snapshot'
const DOMAIN = 'skein/log-snapshot/1'
const FIELDS = 7

/** The record that goes under `s` + seq. */
export function encodeSnapshot(snapshot: Snapshot, signer: Pick<Signer, 'sign'>): Uint8Array {
  const { author, boot, head, view, gaps } = snapshot
  const { countByType, peers, latest, ...rest } = view
  const data = {
    ...rest,
    countByType: Object.fromEntries(countByType),
    peers: [...peers].toSorted(),
    // Left out when there is nothing: then the bytes are those of a program that knows of no trust.
    ...(latest.size === 0 ? {} : { latest: [...latest] }),
  }
  const ranges = gaps.map(gap => [gap.first, gap.last])
  const body = encodeCanonical([VERSIONS[0], author, boot, head.seq, head.hash, data, ranges])
  return sealRecord(encodeBlob(signBlob(DOMAIN, body, signer)))
}

/** @throws MalformedError for any damage, a false signature included; UnsupportedVersionError */
export function decodeSnapshot(
  [key, value]: Entry,
  author: AgentId,
  signer: Pick<Signer, 'verify' | 'publicKey'>,
): Snapshot {
  const blob = decodeBlob(openRecord(value), WHAT)
  const cursor = new CborCursor(blob.body, WHAT)
  const fields = cursor.head(MAJOR.array)
  const version = cursor.head(MAJOR.uint)
  if (!VERSIONS.includes(version)) throw new UnsupportedVersionError(WHAT, version, VERSIONS)
  if (fields !== FIELDS) cursor.fail(`${fields} fields, expected ${FIELDS}`)
  if (!blobSignatureHolds(DOMAIN, blob, signer.publicKey, signer)) cursor.fail('signature is false')
  // Signed by this very agent: its own program wrote what follows, in this form.
  const [, by, boot, seq, hash, data, ranges] = decodeCanonical(blob.body) as [
    ...[number, AgentId, number, number, Uint8Array, StoredView, (readonly [number, number])[]],
  ]
  if (by !== author) throw new MalformedError(WHAT, `is by ${by}`)
  if (seq !== numberOfKey('snapshot', key))
    throw new MalformedError(WHAT, `of event ${seq} is under another key`)
  const view = {
    ...data,
    countByType: new Map(Object.entries(data.countByType)),
    peers: new Set(data.peers),
    latest: new Map(data.latest),
  }
  const gaps = ranges.map(([first, last]) => ({ first, last }))
  return { author, boot, head: { seq, hash: Uint8Array.from(hash) }, view, gaps }
}

interface StoredView extends Omit<LogView, 'countByType' | 'peers' | 'latest'> {
  readonly countByType: Readonly<Record<string, number>>
  readonly peers: readonly string[]
  readonly latest?: readonly (readonly [string, EventData])[]
}

/** When a snapshot is taken, and how many are kept: the one before stays in case the newest is damaged. */
interface SnapshotRule {
  readonly events: number
  readonly intervalMs: number
  readonly keep: number
}

const SNAPSHOT_RULE: SnapshotRule = { events: 10_000, intervalMs: 300_000, keep: 2 }

/** Follows the durable events and takes snapshots by the rule, one at a time. */
export interface Snapshotter {
  /** Tell it of durable events, whole batches, in order. Returns what to write when a snapshot is due, else null. */
  written(events: readonly HashedEvent[], now: Now): readonly StoreOp[] | null
  /** Takes one at once, before a clean stop; null if nothing happened since the last, or while one is being written. */
  take(now: Now): readonly StoreOp[] | null
  /** Tell it how the write it asked for went. Only one that is durable makes an older one superfluous. */
  settled(isDurable: boolean): void
  view(): LogView
}

export interface SnapshotterInit {
  readonly author: AgentId
  readonly boot: number
  readonly signer: Pick<Signer, 'sign'>
  /** What `recover.ts` found: the state at the log's head, its gaps, and the snapshots that exist (rising). */
  readonly head: LogHead
  readonly view: LogView
  readonly gaps: readonly Gap[]
  readonly snapshots: readonly number[]
  readonly now: Now
  readonly rule?: Partial<SnapshotRule>
}

export function createSnapshotter(init: SnapshotterInit): Snapshotter {
  const { author, boot, signer, gaps } = init
  const rule: SnapshotRule = { ...SNAPSHOT_RULE, ...init.rule }
  const fold = createLogFold(init.view)
  let head = init.head
  let kept: readonly number[] = init.snapshots
  /** Those whose writes failed, or nobody knows. */
  let doubtful: readonly number[] = []
  let writing: number | null = null
  let triedSeq = kept.at(-1) ?? 0
  let lastUs = init.now.monoUs

  function take(now: Now): readonly StoreOp[] | null {
    if (head.seq === 0 || kept.at(-1) === head.seq || writing !== null) return null
    lastUs = now.monoUs
    triedSeq = head.seq
    writing = head.seq
    const value = encodeSnapshot({ author, boot, head, view: fold.view(), gaps }, signer)
    const stay = newest(head.seq)
    const gone = [...kept, ...doubtful].filter(seq => !stay.includes(seq))
    const put: StoreOp = { type: 'put', key: keyOf('snapshot', head.seq), value }
    return [put, ...gone.map((seq): StoreOp => ({ type: 'del', key: keyOf('snapshot', seq) }))]
  }

  const newest = (seq: number): readonly number[] => [...kept, seq].slice(-rule.keep)

  function settled(isDurable: boolean): void {
    if (writing === null) return
    if (isDurable) {
      kept = newest(writing)
      doubtful = []
    } else doubtful = [...doubtful, writing]
    writing = null
  }

  function written(events: readonly HashedEvent[], now: Now): readonly StoreOp[] | null {
    for (const { event, hash } of events) {
      fold.add(event)
      head = { seq: event.seq, hash }
    }
    const since = head.seq - triedSeq
    const waitedMs = (now.monoUs - lastUs) / 1_000
    return since >= rule.events || (since > 0 && waitedMs >= rule.intervalMs) ? take(now) : null
  }

  return { written, take, settled, view: () => fold.view() }
}

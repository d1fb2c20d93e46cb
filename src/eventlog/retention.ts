import { decode } from 'cborg'
import type { StoreOp } from '../ports.ts'
import { hlcMs } from '../time/hlc.ts'
import type { Batch } from './batch.ts'
import { CborCursor, MAJOR } from './cbor-cursor.ts'
import { encodeCanonical } from './encode.ts'
import { MalformedError, UnsupportedVersionError } from './errors.ts'
import { keyOf, META_ANCHOR } from './keys.ts'
import type { LogHead } from './log.ts'
import { openRecord, sealRecord } from './record.ts'

/** How much of its past a log keeps; whichever bound is reached first. */
export interface RetentionPolicy {
  readonly bytesMax: number
  /** Age by the log's own stamps, of a batch against the newest one (see `agesMs`). */
  readonly ageMsMax: number
}

/** No time between two batches counts for more than this share of the longest age. */
const STEP_SHARE = 0.1

export interface RetentionBounds {
  /** The oldest snapshot kept; null = none, then nothing is dropped. */
  readonly snapshotSeq: number | null
  /** First event that somebody still has to acknowledge (a bridge, a peer that replicates); it and all after it stay. */
  readonly keepFromSeq: number
}

type BatchFacts = Pick<Batch, 'first' | 'last' | 'head' | 'hlc' | 'sizeBytes'>

/**
 * Up to where the log may be dropped: the head of the last batch to go, or null. Only whole batches go, from the
 * oldest on, and only behind a snapshot and behind everything unacknowledged, however full the disk is.
 */
export function planRetention(
  batches: readonly BatchFacts[],
  policy: RetentionPolicy,
  bounds: RetentionBounds,
): LogHead | null {
  const ages = agesMs(batches, policy.ageMsMax * STEP_SHARE)
  let bytes = batches.reduce((sum, batch) => sum + batch.sizeBytes, 0)
  let anchor: LogHead | null = null
  for (const [i, batch] of batches.entries()) {
    const old = (ages[i] ?? 0) > policy.ageMsMax
    if (!old && bytes <= policy.bytesMax) break
    if (batch.last > (bounds.snapshotSeq ?? 0) || batch.last >= bounds.keepFromSeq) break
    anchor = { seq: batch.last, hash: batch.head }
    bytes -= batch.sizeBytes
  }
  return anchor
}

/**
 * How old each batch is: the time the log saw pass since, up to its newest batch. No clock is asked, since one that
 * is wrong for ten minutes would have the whole flight record dropped; and as that clock also stamps what is logged
 * meanwhile, one step from batch to batch counts for `stepMsMax` at most, forth and back alike. So a long time
 * switched off ages the log by less than it was: what goes later than it may is in bounds by size all the same.
 */
function agesMs(batches: readonly BatchFacts[], stepMsMax: number): readonly number[] {
  const ages: number[] = []
  let age = 0
  let after: BatchFacts | null = null
  for (const batch of batches.toReversed()) {
    const step = after === null ? 0 : hlcMs(after.hlc) - hlcMs(batch.hlc)
    age += Math.max(-stepMsMax, Math.min(step, stepMsMax))
    ages.push(age)
    after = batch
  }
  return ages.toReversed()
}

/**
 * The writes that drop `batches` (from the oldest on) up to `through`. Each list is one atomic write that leaves a
 * whole log behind: its new beginning is recorded with the deletions.
 */
export function* retentionWrites(
  batches: readonly BatchFacts[],
  through: number,
): Generator<readonly StoreOp[]> {
  for (const batch of batches) {
    if (batch.last > through) return
    const ops: StoreOp[] = [
      { type: 'put', key: keyOf('meta', META_ANCHOR), value: encodeAnchor(batchHead(batch)) },
    ]
    ops.push({ type: 'del', key: keyOf('batch', batch.first) })
    for (let seq = batch.first; seq <= batch.last; seq++) ops.push({ type: 'del', key: keyOf('event', seq) })
    yield ops
  }
}

const batchHead = (batch: BatchFacts): LogHead => ({ seq: batch.last, hash: batch.head })

const VERSIONS = [1]
const WHAT = 'log anchor'

/** The record that says which event, dropped on purpose, the first one kept follows. */
export function encodeAnchor(anchor: LogHead): Uint8Array {
  return sealRecord(encodeCanonical([VERSIONS[0], anchor.seq, anchor.hash]))
}

/** @throws MalformedError, UnsupportedVersionError */
export function decodeAnchor(record: Uint8Array): LogHead {
  const payload = openRecord(record)
  const cursor = new CborCursor(payload, WHAT)
  const fields = cursor.head(MAJOR.array)
  const version = cursor.head(MAJOR.uint)
  if (!VERSIONS.includes(version)) throw new UnsupportedVersionError(WHAT, version, VERSIONS)
  if (fields !== 3) throw new MalformedError(WHAT, `${fields} fields, expected 3`)
  const [, seq, hash] = decode(payload) as [number, number, Uint8Array]
  if (!Number.isSafeInteger(seq) || !(hash instanceof Uint8Array) || hash.byteLength !== 32) {
    throw new MalformedError(WHAT, 'is no seq and hash')
  }
  return { seq, hash: Uint8Array.from(hash) }
}

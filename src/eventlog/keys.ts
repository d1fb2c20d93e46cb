import type { StoreOp } from '../ports.ts'

/**
 * Keys of the event log in the node's ordered store: one byte for the bucket, then a big-endian u64, so that
 * byte order is sequence order. A quarantined record is kept under `q` + its whole former key.
 */
const BUCKETS = {
  /** seq -> event record. */
  event: 0x65,
  /** first seq of the batch -> signed batch record. */
  batch: 0x62,
  /** seq the state was taken at -> snapshot record. */
  snapshot: 0x73,
  /** number of the fact -> record about the log itself. */
  meta: 0x6d,
  /** former key -> former value, exactly as found. */
  quarantine: 0x71,
} as const
export type Bucket = keyof typeof BUCKETS

/** Half-open range of keys: `gte <= key < lt`. */
export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

/** A record as the store holds it. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array]

const KEY_BYTES = 9
const U32_SPAN = 2 ** 32

/** The key of number `n` (safe integer >= 0) in a bucket. */
export function keyOf(bucket: Bucket, n: number): Uint8Array {
  return writeKey(new Uint8Array(KEY_BYTES), bucket, n)
}

/**
 * Puts records under the numbers from `first` on. Their keys share one buffer, outside of V8's small objects: to put
 * under a key that has to be moved there first takes 1.0 us, under one of these 0.6.
 */
export function putsFrom(bucket: Bucket, first: number, records: readonly Uint8Array[]): StoreOp[] {
  const shared = new ArrayBuffer(records.length * KEY_BYTES)
  return records.map((value, i) => {
    const key = writeKey(new Uint8Array(shared, i * KEY_BYTES, KEY_BYTES), bucket, first + i)
    return { type: 'put', key, value }
  })
}

function writeKey(key: Uint8Array, bucket: Bucket, n: number): Uint8Array {
  key[0] = BUCKETS[bucket]
  const high = Math.floor(n / U32_SPAN)
  for (let i = 0; i < 4; i++) {
    key[1 + i] = high >>> (24 - 8 * i)
    key[5 + i] = n >>> (24 - 8 * i)
  }
  return key
}

/** The number in a key of this bucket; null for any other key. */
export function numberOfKey(bucket: Bucket, key: Uint8Array): number | null {
  if (key.byteLength !== KEY_BYTES || key[0] !== BUCKETS[bucket]) return null
  let n = 0
  for (let i = 1; i < KEY_BYTES; i++) n = n * 256 + (key[i] ?? 0)
  return Number.isSafeInteger(n) ? n : null
}

/** All keys of a bucket with number >= `from` and <= `through`. */
export function rangeOf(bucket: Bucket, from = 0, through: number | null = null): KeyRange {
  const lt = through === null ? Uint8Array.of(BUCKETS[bucket] + 1) : keyOf(bucket, through + 1)
  return { gte: keyOf(bucket, from), lt }
}

/** Where a record goes that was found damaged. */
export function quarantineKey(key: Uint8Array): Uint8Array {
  const moved = new Uint8Array(key.byteLength + 1)
  moved[0] = BUCKETS.quarantine
  moved.set(key, 1)
  return moved
}

/** Meta record: where the log begins after retention (see `retention.ts`). */
export const META_ANCHOR = 1

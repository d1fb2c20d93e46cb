import type { Entry } from './keys.ts'

/**
 * What can be wrong with a stored log.
 * - `torn-tail`: events after the last signed batch; never acknowledged, they are cut.
 * - `hole`: events are missing before the end. `rollback`: the end itself is; more was durable once.
 * - `checksum`, `format`, `author`: a record is not as it was written, is not what its key says, is somebody else's.
 * - `chain`: the record is whole, but its neighbour names another hash: altered, not decayed.
 * - `signature`: a signed batch names another head than its events have, or its signature is false.
 * - `unsigned`: the batch record of events in the middle is missing. `root`: a signed Merkle root is not theirs.
 */
export type FaultKind =
  | 'torn-tail'
  | 'hole'
  | 'rollback'
  | 'checksum'
  | 'format'
  | 'author'
  | 'chain'
  | 'signature'
  | 'unsigned'
  | 'root'

/** One damaged range of the log. */
export interface Fault {
  readonly fault: FaultKind
  readonly first: number
  readonly last: number
  readonly detail: string
  /** The events of the range are no longer in the log; else only what should vouch for them is damaged. */
  readonly lost: boolean
  /** Events up to this one are vouched for by a signature; from there to `first` by checksum and chain alone. */
  readonly signedThrough: number
  /** Hash of the last good event before the range; null if that is unknown. */
  readonly lastGoodHash: Uint8Array | null
  /** The records of the range as found: what goes to quarantine. */
  readonly evidence: readonly Entry[]
}

/** Seqs that a log has lost and says so itself. */
export interface Gap {
  readonly first: number
  readonly last: number
}

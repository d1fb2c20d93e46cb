import type { KeyObject } from 'node:crypto'
import type { Entry, KeyRange } from '../../src/eventlog/keys.ts'
import type { StoreOp } from '../../src/ports.ts'

/** low = what is left is less than the reserve; full = writes are refused; failing = the disk refuses them. */
export const DISK_STATES = ['ok', 'low', 'full', 'failing'] as const
export type DiskState = (typeof DISK_STATES)[number]

export interface StoreOptions {
  /** Aborting stops opening; an open store is closed by `close`. */
  readonly signal?: AbortSignal
  /** The data key of an encrypted directory (`unlockData`); null for one that is not. @default null */
  readonly key?: KeyObject | null
  /**
   * Disk space kept back, allocated; 0 = none; null = whatever is kept back stays so, also while the disk is full: for
   * those who only read. @default 64 MiB
   */
  readonly reserveBytes?: number | null
  /** Free space (the reserve not counted) below which writes are refused before the disk does. @default 8 MiB */
  readonly fullBelowBytes?: number
  /**
   * What LevelDB cannot open is copied aside (`log.damaged-N`) and repaired, as far as it goes, else begun
   * anew. Only on the operator's word: what is lost shows as a hole in the log. @default false
   */
  readonly repair?: boolean
}

export interface IterateOptions {
  /** Looked at between chunks. */
  readonly signal?: AbortSignal
  /** Newest first. @default false */
  readonly reverse?: boolean
  readonly limit?: number
}

export interface WriteOptions {
  /**
   * The write makes room (retention, moving damage aside): it is let through while the disk is full, into the
   * space that the reserve gave back. @default false
   */
  readonly makesRoom?: boolean
}

/** The ordered store of one data directory, which it holds alone. */
export interface Store {
  readonly dir: string
  /**
   * All of `ops` or none; with `sync`, durable when it resolves. Writes that wait together go to disk together, in
   * the order of their calls. Rejects with StoreError; then nobody knows, except for `store-full` and
   * `store-overloaded`, where certainly nothing was written.
   */
  write(ops: readonly StoreOp[], sync: boolean, options?: WriteOptions): Promise<void>
  /** Records of a range in key order, in chunks; the next chunk is read while one is worked on. */
  iterate(range: KeyRange, options?: IterateOptions): AsyncGenerator<readonly Entry[], void, void>
  state(): DiskState
  /** Bytes on disk, the reserve not counted; a second old at most while there are writes. */
  sizeBytes(): number
  /**
   * Bytes that LevelDB dropped from the end of its own log when it opened, because they were not as written: it
   * opens without an error then. Kept until `dropHandled`, also over a crash.
   */
  readonly droppedBytes: number
  dropHandled(): Promise<void>
  /** Resolves once the reserve is allocated, or cannot be. */
  readonly reserved: Promise<void>
  /** Waits for the writes that were asked for. Twice is fine. */
  close(): Promise<void>
}

import type { AgentId, Signer, StoreOp } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import type { Fault, Gap } from './fault.ts'
import type { Entry, KeyRange } from './keys.ts'
import type { LogHead } from './log.ts'
import { LogRecovery } from './log-recovery.ts'
import type { LogView } from './views.ts'

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
  /**
   * So many of the newest events are verified at least, also behind the newest snapshot. (A snapshot is taken at each
   * clean stop: without, nothing at all would be verified after one.) They take about 0.1 s. @default 10_000
   */
  readonly verifyEventsMin?: number
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

export function createRecovery(init: RecoveryInit): Recovery {
  return new LogRecovery(init)
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

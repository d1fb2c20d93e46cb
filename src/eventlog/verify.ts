import type { AgentId, Signer } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import { createBatchIndex } from './batch-index.ts'
import type { Envelope } from './encode.ts'
import type { Fault, Gap } from './fault.ts'
import { explain } from './gaps.ts'
import { type Entry, numberOfKey } from './keys.ts'
import type { LogHead } from './log.ts'
import { Walk } from './walk.ts'

/*
 * How a log is verified. A signed batch names the hash of its last event, and every event names the hash of the one
 * before it: so a signature vouches for every event that leads to it through an unbroken chain. The walk collects
 * such a chain ("the run") until a batch signs it. Damage ends the run:
 * - Decay (a hole, a failed checksum). What the run held so far is kept: its checksums hold and it follows what was
 *   signed. The chain cannot be followed across the damage; the next batch that signs a run vouches for that run.
 * - Alteration (checksum right, hash wrong). The unsigned part of the run is suspect and goes to quarantine as well.
 * A run that neither follows the signed part nor reaches a signature goes with the damage around it.
 */

export interface VerifierInit {
  readonly author: AgentId
  readonly publicKey: Uint8Array
  readonly signer: Pick<Signer, 'hash' | 'verify'>
  /** What the first event must follow; null = unknown, then the first event found begins the log. */
  readonly start: LogHead | null
  /** The log once reached this far, says another witness (the boot counter's file). */
  readonly reached?: number
  /**
   * Check every batch's signature and Merkle root. Without, the newest signature and the unbroken chain to it vouch for
   * all events, at half the cost; a fault found so has to be looked at thoroughly. @default true
   */
  readonly thorough?: boolean
  /** Gets every event that stays in the log, in order, with its canonical bytes. */
  readonly onEvent?: (envelope: Envelope, bytes: Uint8Array) => void
}

export interface Verification {
  /** Where the log goes on: highest seq ever used, and the hash of the last event that is in the log. */
  readonly head: LogHead
  /** Damage that the log does not declare itself; empty = whole, apart from `gaps`. Sorted by place. */
  readonly faults: readonly Fault[]
  /** Losses of earlier times that the log declares and that are still open. */
  readonly gaps: readonly Gap[]
  readonly events: number
  readonly batches: number
  readonly hlc: Hlc
}

/**
 * Fed with the batch records, then the event records, each in key order, in chunks of any size. Or batch by batch, each
 * with its events: then it holds no more at a time than what is not signed yet.
 */
export interface Verifier {
  /** @throws UnsupportedVersionError for records of a newer program */
  feed(entries: Iterable<Entry>): void
  /** How far events are signed that lead there through an unbroken chain. */
  readonly signedThrough: number
  /** Damage met so far, whether or not the log declares it further on. */
  readonly damage: readonly Fault[]
  /** Something is wrong that no declaration excuses: whatever is fed yet, `end` will tell of faults. */
  readonly isBeyondExcuse: boolean
  end(): Verification
}

const BATCH_BUCKET = 0x62

export function createVerifier(init: VerifierInit): Verifier {
  const thorough = init.thorough ?? true
  const batches = createBatchIndex({ ...init, thorough })
  const walk = new Walk({ ...init, thorough }, batches)

  function end(): Verification {
    batches.complete()
    walk.finish()
    const reached = init.reached ?? 0
    const isCut = reached > walk.head.seq
    if (isCut) walk.endMissing(reached, walk.torn)
    const { open, gaps, altered } = explain(walk.damage.faults, walk.declared)
    const torn = isCut ? [] : tornTail(walk)
    const faults = [...open, ...altered.map(alteredFault), ...torn].toSorted((a, b) => a.first - b.first)
    return { head: walk.head, faults, gaps, ...walk.kept, batches: batches.count }
  }

  return {
    feed(entries) {
      for (const entry of entries) {
        if (entry[0][0] === BATCH_BUCKET) batches.add(entry)
        else walk.event(entry)
      }
    },
    get signedThrough() {
      return walk.ground.signedThrough
    },
    get damage() {
      return walk.damage.faults
    },
    get isBeyondExcuse() {
      return batches.bad.length > 0 || walk.damage.isBeyondExcuse
    },
    end,
  }
}

function tornTail({ torn, ground }: Walk): readonly Fault[] {
  const seqs = torn.map(([key]) => numberOfKey('event', key) ?? 0)
  const [first, last] = [seqs[0], seqs.at(-1)]
  if (first === undefined || last === undefined) return []
  const detail = `events ${first} to ${last} were never signed`
  return [{ fault: 'torn-tail', first, last, detail, lost: true, ...ground, evidence: torn }]
}

/** The last good event before a declared gap is not the one that the declaration names. */
function alteredFault(gap: Fault): Fault {
  const last = gap.first - 1
  const first = Math.min(last, gap.signedThrough + 1)
  const detail = `event ${last} is not the one that the log named as its last good one before ${gap.first}`
  return { ...gap, fault: 'chain', first, last, detail, lost: false }
}

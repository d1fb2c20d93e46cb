import type { AgentId, Signer, StoreOp } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import type { Fault } from './fault.ts'
import { faultEvents } from './gaps.ts'
import { keyOf, META_ANCHOR, quarantineKey } from './keys.ts'
import { createEventLog, type LogHead } from './log.ts'
import { encodeAnchor } from './retention.ts'
import type { Verification } from './verify.ts'
import type { LogFold } from './views.ts'

/** Events are missing, or one of those kept is proved to be another than was written. */
export function isLoss({ fault, lost }: Fault): boolean {
  return fault !== 'torn-tail' && (lost || fault === 'chain')
}

/** Moves what is damaged to quarantine, and writes anew where the log begins if that was lost. */
export function mendingOps(faults: readonly Fault[], begin: LogHead | null): readonly StoreOp[] {
  const moves = faults.flatMap(({ evidence }) =>
    evidence.flatMap(([key, value]): StoreOp[] => [
      { type: 'put', key: quarantineKey(key), value },
      { type: 'del', key },
    ]),
  )
  if (begin === null) return moves
  return [...moves, { type: 'put', key: keyOf('meta', META_ANCHOR), value: encodeAnchor(begin) }]
}

interface Declarer {
  readonly author: AgentId
  readonly boot: number
  readonly signer: Signer
  readonly hlc: Hlc
}

/** The events with which a log goes on after damage, and where it is then; folds them in. */
export function declareFaults(
  { author, boot, signer, hlc }: Declarer,
  verification: Verification,
  fold: LogFold,
): { readonly ops: readonly StoreOp[]; readonly head: LogHead | null } {
  const drafts = faultEvents(verification.faults)
  if (drafts.length === 0) return { ops: [], head: null }
  const log = createEventLog({ author, boot, signer, head: verification.head })
  const after = Math.max(hlc, verification.hlc + 1, fold.view().hlc + 1)
  for (const [i, draft] of drafts.entries()) log.append(draft, after + i)
  const ops: StoreOp[] = []
  for (let write = log.flush(0); write !== null; write = log.flush(0)) {
    ops.push(...write.ops)
    for (const { event } of log.written(0)) fold.add(event)
  }
  return { ops, head: log.head }
}

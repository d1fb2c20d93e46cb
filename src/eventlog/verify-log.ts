import type { AgentId, Signer } from '../ports.ts'
import type { FaultKind, Gap } from './fault.ts'
import { LogCheck, type LogTrust } from './log-check.ts'

/**
 * What the log itself can't show: its author signed something else before (`rewritten`), or more (`shortened`), or
 * had no right to sign any more (`revoked`).
 */
type DisownedKind = 'rewritten' | 'shortened' | 'revoked'

/** What is wrong first, and where. */
export interface LogFaultFound {
  readonly ok: false
  readonly fault: FaultKind | DisownedKind
  /** Event the fault begins at; null if the line is no event. */
  readonly seq: number | null
  /** Line of the export, from 1; null if the place is in no line, as for a hole. */
  readonly line: number | null
  readonly detail: string
}

interface LogWhole {
  readonly ok: true
  readonly author: AgentId | null
  readonly first: number
  readonly last: number
  readonly events: number
  readonly batches: number
  /** Hash of the last event, hex. */
  readonly head: string
  /** Losses that the log itself declares. */
  readonly gaps: readonly Gap[]
}

export type LogVerdict = LogWhole | LogFaultFound

/**
 * Verifies an exported log (NDJSON lines, as text or parsed; blank ones are skipped) of one author: hashes, unbroken
 * chain, contiguous numbers, batch signatures and Merkle roots. It may begin anywhere; it must end with a signed batch.
 * Lines are asked for one by one, and not kept: see `LogCheck`.
 * @param keys public keys (32 bytes) of the authors that are believed
 * @param trust what others know of the log: only this shows one that was cut back or written anew as a whole
 */
export function verifyLog(
  entries: Iterable<unknown>,
  keys: Readonly<Record<AgentId, Uint8Array>>,
  signer: Pick<Signer, 'hash' | 'verify'>,
  trust?: LogTrust,
): LogVerdict {
  const keyOf = (author: AgentId) => (Object.hasOwn(keys, author) ? (keys[author] ?? null) : null)
  const check = new LogCheck({ keyOf, signer, ...(trust && { trust }) })
  for (const entry of entries) {
    const fault = check.add(entry)
    if (fault !== null) return fault
  }
  return check.end()
}

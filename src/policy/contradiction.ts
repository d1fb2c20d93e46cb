import { equalBytes } from '../bytes.ts'
import type { AgentId } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'

/**
 * A sequence number jumps to the next multiple of this when its author's stamps start again below (its clock was
 * put right). Within a run numbers and stamps rise together, or two nodes speak with one key.
 */
const RUN_LENGTH = 2 ** 20

/** The number to go on with when stamps start again below. */
export function nextRun(seq: number): number {
  return (Math.floor(seq / RUN_LENGTH) + 1) * RUN_LENGTH
}

/** What two position reports of one author are compared by. */
export interface SignedReport {
  readonly boot: number
  readonly seq: number
  readonly hlc: Hlc
  /** As signed. */
  readonly bytes: Uint8Array
}

/** Whether two reports of one author can't both be of one honest node. */
export function reportsContradict(a: SignedReport, b: SignedReport): boolean {
  if (a.boot !== b.boot) return false
  if (a.seq === b.seq) return !equalBytes(a.bytes, b.bytes)
  if (Math.floor(a.seq / RUN_LENGTH) !== Math.floor(b.seq / RUN_LENGTH)) return false
  return (a.seq - b.seq) * (a.hlc - b.hlc) <= 0
}

/** The end of an agent's log, as it signed it: all up to here is durable, and hashes to this. */
export interface SignedHead {
  readonly agent: AgentId
  readonly boot: number
  readonly seq: number
  /** Of the event `seq`, which covers all before it. */
  readonly hash: Uint8Array
  /** As signed. */
  readonly bytes: Uint8Array
}

/**
 * Whether two heads of one log can't both be true: another event at one number (rewritten), or fewer events after a
 * later start (shortened). Only what is durable is ever announced, so an honest log only grows.
 */
export function headsContradict(a: SignedHead, b: SignedHead): boolean {
  if (a.seq === b.seq) return !equalBytes(a.hash, b.hash)
  return a.boot !== b.boot && a.boot < b.boot !== a.seq < b.seq
}

/** Two signed statements of one agent that exclude each other: anybody can check them. */
export type Evidence = { readonly agent: AgentId } & (
  | { readonly kind: 'positions'; readonly first: SignedReport; readonly second: SignedReport }
  | { readonly kind: 'heads'; readonly first: SignedHead; readonly second: SignedHead }
)

/** Whether evidence, whose signatures were verified, shows what it claims. */
export function convinces(evidence: Evidence): boolean {
  return evidence.kind === 'heads'
    ? headsContradict(evidence.first, evidence.second)
    : reportsContradict(evidence.first, evidence.second)
}

import type { AgentId } from '../ports.ts'

/** A place in an agent's log. */
export interface LogPlace {
  readonly boot: number
  readonly seq: number
}

/** The certificates of one agent, taken back. */
export interface Revocation {
  readonly agent: AgentId
  /** This one and all before it. */
  readonly serial: number
  readonly revokedMs: number
  /** For people, short. */
  readonly reason: string
  /** What it signed up to here stays valid; null = nothing of it was seen, so nothing does. */
  readonly validTo: LogPlace | null
}

/** Lists that one issuing key may count: more than one each minute for as long as it lives. */
const EPOCHS_PER_KEY = 1_000_000

/**
 * How far the issuing key with a serial may count epochs; the root key knows no end. So whoever steals a key can't
 * outnumber the lists of the keys that follow it, and an epoch alone says which of two lists to pass on.
 */
export function lastEpochOf(serial: number): number {
  return serial * EPOCHS_PER_KEY
}

/** Everything the authority has taken back so far. The list with the highest epoch is the truth. */
export interface RevocationList {
  readonly swarm: string
  readonly epoch: number
  readonly issuedMs: number
  /** Who signed it: the root key (0), or the issuing key with this serial. */
  readonly issuer: number
  /** By agent, ascending; one each. */
  readonly revocations: readonly Revocation[]
  /**
   * Serials of issuing keys that are not believed any more, ascending. The root key may name any; an issuing key
   * only older ones, so as to carry on what the root key disowned.
   */
  readonly issuers: readonly number[]
  readonly bytes: Uint8Array
}

/**
 * Whether `next` replaces `held`: a higher epoch does. Between lists of one authority that is all, for one that disowns a
 * key has an epoch beyond what that key can count to (`lastEpochOf`). The clauses on disowned signers hold where the
 * root key was used by hand, or from a backup, and counted lower: then whoever it disowned is not believed all the same.
 * Of two lists of one epoch the held one stays; `skein ca revoke --api` finds that out and makes a newer one.
 */
export function supersedes(next: RevocationList, held: RevocationList | null): boolean {
  if (held === null) return true
  if (held.issuers.includes(next.issuer)) return false
  return next.epoch > held.epoch || next.issuers.includes(held.issuer)
}

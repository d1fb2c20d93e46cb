import type { AgentId } from '../../../src/ports.ts'
import type { Membership } from '../attacker.ts'
import type { Ground } from '../floods.ts'
import type { Siege } from './siege.ts'

/** An honest node, as an attacker knows it. */
export interface Target {
  readonly agent: AgentId
  readonly address: string
}

/** All that an attacker starts with. */
export interface Field extends Ground {
  readonly victim: Target
  readonly relay: Target
  /** All honest nodes. */
  readonly honest: readonly Target[]
  /** Captured keys with good certificates, as many as the attack asks for. */
  readonly members: readonly Membership[]
  /** Revocation lists of the authority that newer ones have replaced. */
  readonly oldLists: readonly Uint8Array[]
}

/** How an attack went, as the attacker saw it. */
export interface Toll {
  /** Times that it was let in, or got as far as it can without being let in. */
  readonly entries: number
  /** Times that it was turned away at the door. */
  readonly refusals: number
  /** From its first blow until it was cut off, of each entry that ended so, ms. */
  readonly outMs: readonly number[]
  /** What else there is to know. */
  readonly notes: Readonly<Record<string, number | string>>
}

export interface Attack {
  /** One sentence without a verb in front: what it does. */
  readonly what: string
  /**
   * What the rules say becomes of it. `out`: let go, and refused from then on. `closed`: every connection is closed
   * before it was let in. `held`: it keeps to the letter of every rule, and must only do no harm.
   */
  readonly must: 'out' | 'closed' | 'held'
  /** Memberships that it takes. @default 0 */
  readonly members?: number
  /** The first membership is revoked this long after the attack began, seconds. */
  readonly revokedAfterS?: number
  /** The victim is killed and started again this long after the attack began, seconds. */
  readonly restartAfterS?: number
  run(siege: Siege): Promise<void>
}

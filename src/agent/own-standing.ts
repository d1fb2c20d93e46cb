import type { Credential } from '../policy/certificate.ts'
import type { Membership } from '../policy/membership.ts'
import type { AgentId, Now } from '../ports.ts'
import type { Effect } from './interface.ts'
import type { Journal } from './journal.ts'

/** This agent's own certificate, and what its end means for a vehicle in the air. */
export class OwnStanding {
  readonly #agent: AgentId
  readonly #membership: Membership
  readonly #journal: Journal
  #credential: Credential
  #ordered: 'none' | 'return' | 'land' | null = null

  constructor(credential: Credential, membership: Membership, journal: Journal) {
    this.#agent = credential.certificate.agent
    this.#membership = membership
    this.#journal = journal
    this.#credential = credential
    membership.admit(credential, this.#agent, credential.certificate.notBeforeMs)
  }

  get credential(): Credential {
    return this.#credential
  }

  /** Takes a renewed certificate. Returns why not, or null. */
  renew(credential: Credential, nowMs: number | null, now: Now): string | null {
    const { serial, notAfterMs } = credential.certificate
    const held = this.#credential.certificate.serial
    if (serial < held) return `certificate ${serial} is older than ${held}, which this node shows`
    const judgement = this.#membership.admit(credential, this.#agent, nowMs)
    if ('refusal' in judgement) return judgement.reason
    this.#credential = credential
    this.#ordered = null
    this.#journal.append({ type: 'trust.renewed', subject: '', data: { serial, notAfterMs } }, now)
    return null
  }

  /** Whoever may fly no more comes home while it is still heard, and lands where it is when it is not. */
  review(airborne: boolean, nowMs: number | null, now: Now): readonly Effect[] {
    const standing = this.#membership.standing(this.#agent, nowMs)
    if (standing === 'valid') return []
    // Nothing is asked of it on the ground; if it takes off all the same, it is.
    const order = !airborne ? 'none' : standing === 'grace' ? 'return' : 'land'
    if (this.#ordered === order) return []
    this.#ordered = order
    const { serial, notAfterMs } = this.#credential.certificate
    this.#journal.append(
      { type: 'trust.ended', subject: '', data: { serial, notAfterMs, airborne, order } },
      now,
    )
    return order === 'none' ? [] : [{ t: 'actuate', verb: order, reason: 'the own certificate has ended' }]
  }
}

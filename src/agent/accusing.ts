import { BoundedMap } from '../bounded-map.ts'
import type { Credential } from '../policy/certificate.ts'
import {
  convinces,
  type Evidence,
  reportsContradict,
  type SignedHead,
  type SignedReport,
} from '../policy/contradiction.ts'
import type { Membership } from '../policy/membership.ts'
import { Witness } from '../policy/witness.ts'
import type { AgentId, Now } from '../ports.ts'
import type { SignedPosition } from '../position/position.ts'
import type { AgentCounters } from './counters.ts'
import type { Effect } from './interface.ts'
import type { Journal } from './journal.ts'

/** Evidence kept for those who come later; what is not told yet is kept besides. */
const TOLD_MAX = 16

export interface AccusingParts {
  readonly agent: AgentId
  readonly counters: AgentCounters
  readonly journal: Journal
  readonly membership: Membership
}

/** Finds agents that sign things which exclude each other, keeps the evidence, and shows it to whoever is there. */
export class Accusing {
  readonly witness = new Witness()
  readonly #parts: AccusingParts
  /** In the log, and not on disk yet. */
  readonly #untold = new Map<AgentId, Evidence>()
  readonly #told = new BoundedMap<AgentId, Evidence>(TOLD_MAX)
  #isAccused = false

  constructor(parts: AccusingParts) {
    this.#parts = parts
  }

  /** Compares a report with the one held of its author. Says whether its author is convicted by it. */
  hearReport(held: SignedPosition | undefined, signed: SignedPosition, now: Now): boolean {
    if (held === undefined || held === signed) return false
    const [first, second] = [reportOf(held), reportOf(signed)]
    if (!reportsContradict(first, second)) return false
    return this.#convict({ kind: 'positions', agent: signed.position.agent, first, second }, now)
  }

  /** Compares a head with the one held of that log. Says whether its author is convicted by it. */
  hearHead(head: SignedHead, now: Now): boolean {
    const { agent, boot, seq, bytes } = head
    const heard = this.witness.hear(head, now.monoUs)
    if (heard.t === 'contradiction')
      return this.#convict({ kind: 'heads', agent, first: heard.held, second: head }, now)
    if (heard.t === 'record')
      this.#note({ type: 'trust.witnessed', subject: agent, data: { boot, seq, head: bytes } }, now)
    return false
  }

  /** Takes evidence from a peer. Only against members: keys are invented for nothing, certificates are not. */
  hearEvidence(evidence: Evidence, credential: Credential | null, nowMs: number | null, now: Now): boolean {
    const { membership } = this.#parts
    if (credential !== null) membership.admit(credential, evidence.agent, nowMs)
    if (membership.credential(evidence.agent) === undefined || !convinces(evidence)) return false
    return this.#convict(evidence, now)
  }

  /** Two processes hold the key of a peer: seen here, and no evidence for others. */
  copied(agent: AgentId, boots: readonly number[], now: Now): boolean {
    if (!this.#parts.membership.convict(agent)) return false
    this.#note({ type: 'trust.cloned', subject: agent, data: { boots } }, now)
    return true
  }

  /** The event about this agent is durable: its evidence may be shown. */
  durable(agent: AgentId, to: readonly AgentId[]): readonly Effect[] {
    const evidence = this.#untold.get(agent)
    if (evidence === undefined) return []
    this.#untold.delete(agent)
    this.#told.set(agent, evidence)
    return this.#accuse([evidence], to)
  }

  /** Shows a newcomer what was found before. */
  brief(peer: AgentId): readonly Effect[] {
    return this.#accuse([...this.#told.values()], [peer])
  }

  /**
   * Keeps the evidence, and believes its agent no more. Not so of ourselves: that somebody has our key is for people to
   * know, and no reason to stop flying home.
   */
  #convict(evidence: Evidence, now: Now): boolean {
    const { kind, agent, first, second } = evidence
    const data = { kind, first: first.bytes, second: second.bytes }
    if (agent === this.#parts.agent) {
      if (!this.#isAccused) this.#note({ type: 'trust.accused', subject: '', data }, now)
      this.#isAccused = true
      return false
    }
    if (!this.#parts.membership.convict(agent)) return false
    this.#parts.counters.equivocations++
    this.#untold.set(agent, evidence)
    this.#note({ type: 'trust.equivocated', subject: agent, data }, now)
    return true
  }

  #note(draft: Parameters<Journal['append']>[0], now: Now): void {
    this.#parts.journal.append(draft, now)
  }

  #accuse(evidence: readonly Evidence[], to: readonly AgentId[]): readonly Effect[] {
    return evidence.flatMap(one => {
      const credential = this.#parts.membership.credential(one.agent) ?? null
      const message = { t: 'evidence', evidence: one, credential } as const
      return to.filter(peer => peer !== one.agent).map(peer => ({ t: 'send', to: peer, message }) as const)
    })
  }
}

function reportOf({ position: { boot, seq, hlc }, bytes }: SignedPosition): SignedReport {
  return { boot, seq, hlc, bytes }
}

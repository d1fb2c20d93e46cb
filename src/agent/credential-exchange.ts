import { BoundedMap } from '../bounded-map.ts'
import type { Credential } from '../policy/certificate.ts'
import type { Membership } from '../policy/membership.ts'
import type { AgentId, Now } from '../ports.ts'
import type { AgentCounters } from './counters.ts'
import type { Effect } from './interface.ts'

/** Credentials asked for at once; more than one agent hears in a second. */
const WANTED_MAX = 512
const ASK_AGAIN_US = 1_000_000
/** Credentials in one message. */
export const CREDENTIALS_MAX = 64

/**
 * How an agent learns who the authors of reports are that it is not connected to: whoever passed a report on had to
 * know, and is asked.
 */
export class CredentialExchange {
  readonly #membership: Membership
  readonly #counters: AgentCounters
  /** Asked for, and when. */
  readonly #wanted = new BoundedMap<AgentId, number>(WANTED_MAX)

  constructor(membership: Membership, counters: AgentCounters) {
    this.#membership = membership
    this.#counters = counters
  }

  /** Asks a peer for credentials, once a second for each agent. */
  ask(peer: AgentId, agents: readonly AgentId[], now: Now): readonly Effect[] {
    const due = agents
      .filter(agent => now.monoUs - (this.#wanted.get(agent) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_US)
      .slice(0, CREDENTIALS_MAX)
    for (const agent of due) this.#wanted.set(agent, now.monoUs)
    return due.length === 0 ? [] : [{ t: 'send', to: peer, message: { t: 'want-credentials', agents: due } }]
  }

  give(peer: AgentId, agents: readonly AgentId[]): readonly Effect[] {
    const known = agents.flatMap(agent => this.#membership.credential(agent) ?? [])
    const credentials = known.slice(0, CREDENTIALS_MAX)
    return credentials.length === 0
      ? []
      : [{ t: 'send', to: peer, message: { t: 'credentials', credentials } }]
  }

  /** Takes certificates: of the peer itself, or asked for. Says whether any was news and good. */
  learn(from: AgentId, credentials: readonly Credential[], nowMs: number | null): boolean {
    let learned = 0
    for (const credential of credentials) {
      const { agent } = credential.certificate
      if (agent !== from && !this.#wanted.delete(agent)) continue
      if ('standing' in this.#membership.admit(credential, agent, nowMs)) learned++
    }
    this.#counters.credentialsLearned += learned
    return learned > 0
  }
}

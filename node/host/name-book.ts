import { LRUCache } from 'lru-cache'
import type { Certificate } from '../../src/policy/certificate.ts'
import type { AgentId } from '../../src/ports.ts'

/** What an agent is called. */
export interface Named {
  readonly name: string
  readonly role: string
}

/** The certificate of an agent, if one is known. */
export type Certified = (agent: AgentId) => Certificate | undefined

/**
 * Names of agents near and far. In an open swarm they are learned from hellos and introductions: for display, never
 * for decisions; the longest unused go first. In a closed one an agent is called what its certificate says.
 */
export class NameBook {
  readonly #said = new LRUCache<AgentId, Named>({ max: 16_384 })
  readonly #certified: Certified | null

  /** `certified`: null in an open swarm. */
  constructor(certified: Certified | null) {
    this.#certified = certified
  }

  /** Takes what an agent says of itself, or a peer says of it. */
  learn(agent: AgentId, named: Named): void {
    this.#said.set(agent, { name: named.name, role: named.role })
  }

  find(agent: AgentId): Named | undefined {
    const said = this.#said.get(agent)
    if (this.#certified === null) return said
    const certificate = this.#certified(agent)
    if (certificate === undefined) return undefined
    const { name, roles } = certificate
    // Of several roles it runs as one.
    const role = roles.find(one => one === said?.role) ?? roles[0] ?? ''
    return { name, role }
  }
}

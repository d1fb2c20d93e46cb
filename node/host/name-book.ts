import { LRUCache } from 'lru-cache'
import type { AgentId } from '../../src/ports.ts'

/** What an agent calls itself. Said by itself or by a peer that knows it: for display, never for decisions. */
export interface Named {
  readonly name: string
  readonly role: string
}

/** Names of agents near and far, learned from hellos and introductions. The longest unused go first. */
export class NameBook {
  readonly #names = new LRUCache<AgentId, Named>({ max: 16_384 })

  learn(agent: AgentId, named: Named): void {
    this.#names.set(agent, { name: named.name, role: named.role })
  }

  find(agent: AgentId): Named | undefined {
    return this.#names.get(agent)
  }
}

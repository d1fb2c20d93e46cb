import type { AgentId } from '../ports.ts'

/** Authors whose use is remembered; past it the one silent for longest begins anew. */
const AUTHORS_MAX = 1_024

/** So much a second on average, and `burst` at once after a pause, for each author by itself. */
export class Allowances {
  readonly #perS: number
  readonly #burst: number
  readonly #left = new Map<AgentId, { readonly tokens: number; readonly atUs: number }>()

  constructor(perS: number, burst: number) {
    this.#perS = perS
    this.#burst = burst
  }

  /** Whether one more of this author fits, and takes it if so. */
  take(author: AgentId, nowUs: number): boolean {
    const { tokens, atUs } = this.#left.get(author) ?? { tokens: this.#burst, atUs: nowUs }
    const now = Math.min(this.#burst, tokens + ((nowUs - atUs) / 1e6) * this.#perS)
    this.#left.delete(author)
    this.#left.set(author, { tokens: now < 1 ? now : now - 1, atUs: nowUs })
    const oldest = this.#left.keys().next().value
    if (this.#left.size > AUTHORS_MAX && oldest !== undefined) this.#left.delete(oldest)
    return now >= 1
  }
}

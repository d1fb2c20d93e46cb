import type { Hlc } from '../time/hlc.ts'

/** How a map reads the stamp of its values. */
export interface LwwRules<V> {
  readonly hlc: (value: V) => Hlc
  readonly author: (value: V) => string
  /** Decides between two values with one stamp and author: any total order that all replicas share. */
  readonly order: (a: V, b: V) => number
}

/**
 * Last-writer-wins map: per key the value with the highest (hlc, author, order). Merging is commutative,
 * associative and idempotent, so replicas that saw the same values agree, whatever the order or repetition.
 *
 * Expiry is sound under one condition: what is older is never less dead. Whoever merges then refuses the dead
 * by the same rule that expires them, no late copy brings anything back, and expiring before or after a merge
 * gives the same map. (A floor kept in the map would do without the rule, but would go deaf to everyone for as
 * long as its clock once ran ahead.)
 */
export class LwwMap<V> {
  readonly #rules: LwwRules<V>
  readonly #values = new Map<string, V>()

  constructor(rules: LwwRules<V>) {
    this.#rules = rules
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  values(): MapIterator<V> {
    return this.#values.values()
  }

  entries(): MapIterator<[string, V]> {
    return this.#values.entries()
  }

  /** Whether `value` would replace what `key` holds now. */
  wins(key: string, value: V): boolean {
    const held = this.#values.get(key)
    return held === undefined || this.#compare(value, held) > 0
  }

  /** Takes `value` if it wins; says whether it did. */
  merge(key: string, value: V): boolean {
    if (!this.wins(key, value)) return false
    this.#values.set(key, value)
    return true
  }

  /** Drops what is dead; says how many. */
  expire(dead: (value: V) => boolean): number {
    let dropped = 0
    for (const [key, value] of this.#values) {
      if (!dead(value)) continue
      this.#values.delete(key)
      dropped++
    }
    return dropped
  }

  /** Forgets one key: how a bounded map makes room. */
  evict(key: string): void {
    this.#values.delete(key)
  }

  #compare(a: V, b: V): number {
    const { hlc, author, order } = this.#rules
    const byStamp = hlc(a) - hlc(b)
    if (byStamp !== 0) return byStamp
    const [authorA, authorB] = [author(a), author(b)]
    if (authorA !== authorB) return authorA < authorB ? -1 : 1
    return order(a, b)
  }
}

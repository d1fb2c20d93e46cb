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
 * Expiry is part of the state: `expire(floor)` drops what is stamped below the floor and refuses it from then
 * on, so a late copy cannot bring the dead back, and expiring before or after a merge gives the same map.
 */
export class LwwMap<V> {
  readonly #rules: LwwRules<V>
  readonly #values = new Map<string, V>()
  #floor: Hlc = 0

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
    if (this.#rules.hlc(value) < this.#floor) return false
    const held = this.#values.get(key)
    return held === undefined || this.#compare(value, held) > 0
  }

  /** Takes `value` if it wins; says whether it did. */
  merge(key: string, value: V): boolean {
    if (!this.wins(key, value)) return false
    this.#values.set(key, value)
    return true
  }

  /** Drops everything stamped below `floor`, for good. The floor never sinks. */
  expire(floor: Hlc): number {
    if (floor <= this.#floor) return 0
    this.#floor = floor
    let dropped = 0
    for (const [key, value] of this.#values) {
      if (this.#rules.hlc(value) < floor) {
        this.#values.delete(key)
        dropped++
      }
    }
    return dropped
  }

  /** Forgets one key without raising the floor: how a bounded map makes room. */
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

/** A map of at most so many entries: what was set longest ago makes room. Setting an entry again makes it the newest. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number

  constructor(max: number) {
    super()
    this.#max = max
  }

  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#max) {
      const [oldest] = this.keys()
      this.delete(oldest as K)
    }
    return this
  }
}

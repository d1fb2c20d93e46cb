/** Children per heap node: half the levels of a binary heap, and siblings share a cache line. */
const ARITY = 4

/**
 * Virtual time and the queue of what is still to happen, ordered by (time, order of scheduling).
 *
 * One event is three small integers and a payload: `kind` says which handler, `node` whose event it is, `arg`
 * is the handler's own (an epoch, an index). Everything but the payload lives in typed arrays and slots are
 * used again, so scheduling and taking an event allocates nothing; a payload may be shared by many events.
 */
export class Kernel<Payload> {
  /** The virtual moment, microseconds since the start of the run. Only rises. */
  nowUs = 0
  /** The event taken last by `next`. */
  kind = 0
  node = 0
  arg = 0
  payload: Payload | null = null
  /** Events taken so far. */
  handled = 0

  #scheduled = 0
  #size = 0
  #capacity: number
  #time: Float64Array
  #order: Float64Array
  #slot: Int32Array
  // By slot.
  #kinds: Uint8Array
  #nodes: Int32Array
  #args: Int32Array
  readonly #payloads: (Payload | null)[] = []
  #free: Int32Array
  #freeCount = 0

  constructor(capacity = 1024) {
    this.#capacity = capacity
    this.#time = new Float64Array(capacity)
    this.#order = new Float64Array(capacity)
    this.#slot = new Int32Array(capacity)
    this.#kinds = new Uint8Array(capacity)
    this.#nodes = new Int32Array(capacity)
    this.#args = new Int32Array(capacity)
    this.#free = new Int32Array(capacity)
  }

  /** Events waiting. */
  get size(): number {
    return this.#size
  }

  /** Puts an event at `atUs` (integer µs; the past counts as now). Equal times keep the order of these calls. */
  schedule(atUs: number, kind: number, node: number, arg: number, payload: Payload | null): void {
    const slot = this.#freeCount > 0 ? (this.#free[--this.#freeCount] as number) : this.#size
    if (this.#size === this.#capacity) this.#grow()
    this.#kinds[slot] = kind
    this.#nodes[slot] = node
    this.#args[slot] = arg
    this.#payloads[slot] = payload
    this.#siftUp(this.#size++, Math.max(atUs, this.nowUs), this.#scheduled++, slot)
  }

  /** Takes the next event that is due at or before `untilUs`; false when there is none, and time stands at `untilUs`. */
  next(untilUs: number): boolean {
    const atUs = this.#time[0] as number
    if (this.#size === 0 || atUs > untilUs) {
      this.nowUs = Math.max(this.nowUs, untilUs)
      return false
    }
    const slot = this.#slot[0] as number
    this.nowUs = atUs
    this.kind = this.#kinds[slot] as number
    this.node = this.#nodes[slot] as number
    this.arg = this.#args[slot] as number
    this.payload = this.#payloads[slot] as Payload | null
    this.#payloads[slot] = null
    this.#free[this.#freeCount++] = slot
    this.handled++
    this.#removeTop()
    return true
  }

  #siftUp(position: number, atUs: number, order: number, slot: number): void {
    const time = this.#time
    // A new event has the highest order of all, so an equal time never moves above its parent.
    while (position > 0) {
      const parent = ((position - 1) / ARITY) | 0
      if ((time[parent] as number) <= atUs) break
      this.#move(parent, position)
      position = parent
    }
    this.#put(position, atUs, order, slot)
  }

  #removeTop(): void {
    const last = --this.#size
    if (last === 0) return
    const time = this.#time
    const order = this.#order
    const atUs = time[last] as number
    const rank = order[last] as number
    let position = 0
    for (;;) {
      const first = position * ARITY + 1
      if (first >= last) break
      const end = Math.min(first + ARITY, last)
      let best = first
      let bestUs = time[first] as number
      for (let child = first + 1; child < end; child++) {
        const childUs = time[child] as number
        if (childUs < bestUs || (childUs === bestUs && (order[child] as number) < (order[best] as number))) {
          best = child
          bestUs = childUs
        }
      }
      if (bestUs > atUs || (bestUs === atUs && (order[best] as number) > rank)) break
      this.#move(best, position)
      position = best
    }
    this.#put(position, atUs, rank, this.#slot[last] as number)
  }

  #move(from: number, to: number): void {
    this.#time[to] = this.#time[from] as number
    this.#order[to] = this.#order[from] as number
    this.#slot[to] = this.#slot[from] as number
  }

  #put(position: number, atUs: number, order: number, slot: number): void {
    this.#time[position] = atUs
    this.#order[position] = order
    this.#slot[position] = slot
  }

  #grow(): void {
    this.#capacity *= 2
    this.#time = grown(this.#time, new Float64Array(this.#capacity))
    this.#order = grown(this.#order, new Float64Array(this.#capacity))
    this.#slot = grown(this.#slot, new Int32Array(this.#capacity))
    this.#kinds = grown(this.#kinds, new Uint8Array(this.#capacity))
    this.#nodes = grown(this.#nodes, new Int32Array(this.#capacity))
    this.#args = grown(this.#args, new Int32Array(this.#capacity))
    this.#free = grown(this.#free, new Int32Array(this.#capacity))
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(old: T, fresh: T): T {
  fresh.set(old)
  return fresh
}

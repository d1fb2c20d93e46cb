/** Who hears whom over however many others: the parts that mutual connections join. Found anew when they changed. */
export class Mesh {
  readonly #part: Int32Array
  readonly #edges: (visit: (a: number, b: number) => void) => void
  #isStale = true

  /** `edges`: calls back for each pair of nodes that let each other in. */
  constructor(count: number, edges: (visit: (a: number, b: number) => void) => void) {
    this.#part = new Int32Array(count)
    this.#edges = edges
  }

  /** Somebody was let in, or is gone. */
  changed(): void {
    this.#isStale = true
  }

  joins(a: number, b: number): boolean {
    return this.part(a) === this.part(b)
  }

  /** The part that a node is in, by the number of one of its nodes. */
  part(node: number): number {
    if (this.#isStale) this.#find()
    return this.#part[node] as number
  }

  #find(): void {
    this.#isStale = false
    const part = this.#part
    for (let i = 0; i < part.length; i++) part[i] = i
    this.#edges((a, b) => {
      part[this.#root(a)] = this.#root(b)
    })
    for (let i = 0; i < part.length; i++) part[i] = this.#root(i)
  }

  #root(node: number): number {
    const part = this.#part
    let at = node
    while (part[at] !== at) {
      part[at] = part[part[at] as number] as number
      at = part[at] as number
    }
    return at
  }
}

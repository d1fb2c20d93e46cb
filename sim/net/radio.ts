/** Where everyone is, metres east and north of the middle of the area, and who can reach whom by radio. */
export class Radio {
  readonly x: Float64Array
  readonly y: Float64Array
  readonly alt: Float64Array
  readonly #rangeM: number
  /** Root of the connected part a node is in (union-find over pairs within range). */
  readonly #part: Int32Array
  #grid = new Map<number, number[]>()

  constructor(count: number, rangeM: number) {
    this.x = new Float64Array(count)
    this.y = new Float64Array(count)
    this.alt = new Float64Array(count)
    this.#rangeM = rangeM
    this.#part = new Int32Array(count)
  }

  /** Takes new positions into account. `carries(i)`: whether node i is there to relay anything. */
  update(carries: (node: number) => boolean): void {
    const count = this.x.length
    this.#grid = new Map()
    for (let i = 0; i < count; i++) {
      this.#part[i] = i
      if (!carries(i)) continue
      const square = this.#squareOf(i)
      const members = this.#grid.get(square)
      if (members === undefined) this.#grid.set(square, [i])
      else members.push(i)
    }
    for (const members of this.#grid.values()) {
      for (const a of members) {
        this.near(a, b => {
          if (b > a) this.#part[this.#root(a)] = this.#root(b)
        })
      }
    }
    for (let i = 0; i < count; i++) this.#part[i] = this.#root(i)
  }

  /** Calls back for everyone within radio range of `node`. */
  near(node: number, visit: (other: number, distanceM: number) => void): void {
    const column = Math.floor((this.x[node] as number) / this.#rangeM)
    const row = Math.floor((this.y[node] as number) / this.#rangeM)
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        for (const other of this.#grid.get(square(column + dx, row + dy)) ?? []) {
          if (other === node) continue
          const distanceM = this.distanceM(node, other)
          if (distanceM <= this.#rangeM) visit(other, distanceM)
        }
      }
    }
  }

  distanceM(a: number, b: number): number {
    const dx = (this.x[a] as number) - (this.x[b] as number)
    const dy = (this.y[a] as number) - (this.y[b] as number)
    return Math.sqrt(dx * dx + dy * dy)
  }

  /** Hops from a to b: one per range of distance; 0 = no chain of radios joins them. */
  hops(a: number, b: number): number {
    if (this.#part[a] !== this.#part[b]) return 0
    return Math.max(1, Math.ceil(this.distanceM(a, b) / this.#rangeM))
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

  #squareOf(node: number): number {
    return square(
      Math.floor((this.x[node] as number) / this.#rangeM),
      Math.floor((this.y[node] as number) / this.#rangeM),
    )
  }
}

const square = (column: number, row: number): number => (column + 0x8000) * 0x10000 + row + 0x8000

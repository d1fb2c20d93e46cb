import {
  type InstancedBufferAttribute as Attribute,
  DynamicDrawUsage,
  InstancedBufferAttribute,
  type InstancedBufferGeometry,
} from 'three'

/** The per-object numbers of one drawn kind, in one growing block for each attribute. */
export class Instances {
  readonly #sizes: Readonly<Record<string, number>>
  readonly #geometries: readonly InstancedBufferGeometry[]
  #attributes: Record<string, Attribute> = {}
  #capacity = 0

  /** `sizes`: attribute name -> numbers each. The geometries share the attributes. */
  constructor(sizes: Readonly<Record<string, number>>, geometries: readonly InstancedBufferGeometry[]) {
    this.#sizes = sizes
    this.#geometries = geometries
    this.#grow(16)
    this.commit(0)
  }

  /** Room for so many objects; call before writing. What was written before is gone. */
  reserve(count: number): void {
    if (count > this.#capacity) this.#grow(2 ** Math.ceil(Math.log2(count)))
  }

  array(name: string): Float32Array {
    const attribute = this.#attributes[name]
    if (attribute === undefined) throw new Error(`no attribute ${name}`)
    return attribute.array as Float32Array
  }

  /** Hands the first `count` objects to the graphics card. */
  commit(count: number): void {
    for (const geometry of this.#geometries) geometry.instanceCount = count
    for (const attribute of Object.values(this.#attributes)) {
      attribute.clearUpdateRanges()
      attribute.addUpdateRange(0, count * attribute.itemSize)
      attribute.needsUpdate = count > 0
    }
  }

  #grow(capacity: number): void {
    this.#capacity = capacity
    for (const geometry of this.#geometries) geometry.dispose()
    this.#attributes = Object.fromEntries(
      Object.entries(this.#sizes).map(([name, size]) => {
        const attribute = new InstancedBufferAttribute(new Float32Array(capacity * size), size)
        attribute.setUsage(DynamicDrawUsage)
        for (const geometry of this.#geometries) geometry.setAttribute(name, attribute)
        return [name, attribute]
      }),
    )
  }
}

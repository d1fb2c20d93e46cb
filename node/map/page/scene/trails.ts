import { BufferAttribute, BufferGeometry, DynamicDrawUsage, LineSegments, ShaderMaterial } from 'three'
import type { AgentId } from '../../../../src/ports.ts'
import type { Placed } from '../enu.ts'
import { PALETTE } from './palette.ts'

/** How often a trail gets a new piece. */
const PIECE_MS = 500
/** Pieces of all trails together: what a software renderer draws with ease. */
const PIECES_MAX = 48_000
const PIECES_EACH_MIN = 30
const PIECES_EACH_MAX = 240
/** A jump longer than this between two frames is no flight: the trail breaks off. */
const JUMP_M = 250

const VERTEX = /* glsl */ `
  attribute vec2 aSlot;
  uniform float uHead;
  uniform float uSlots;
  uniform float uSelected;
  uniform float uSelf;
  uniform vec3 uColor;
  uniform vec3 uColorSelf;
  varying vec4 vColor;
  void main() {
    float age = mod(uHead - aSlot.x + uSlots, uSlots) / uSlots;
    float chosen = abs(aSlot.y - uSelected) < 0.5 ? 1.0 : 0.0;
    float own = abs(aSlot.y - uSelf) < 0.5 ? 1.0 : 0.0;
    float alpha = pow(1.0 - age, 1.4) * mix(0.5, 1.0, chosen);
    vColor = vec4(mix(uColor, uColorSelf, own), alpha);
    gl_Position = projectionMatrix * viewMatrix * modelMatrix * vec4(position, 1.0);
  }
`
const FRAGMENT = /* glsl */ `
  varying vec4 vColor;
  void main() { gl_FragColor = vColor; }
`

/**
 * Where everyone was. One ring of rows, each row one short line per agent; a frame writes one row, and what is
 * older fades by its row, so the cost does not grow with the length of the trails.
 */
export class Trails {
  readonly object: LineSegments<BufferGeometry, ShaderMaterial>
  readonly #columns = new Map<AgentId, Column>()
  readonly #free: number[] = []
  readonly #material: ShaderMaterial
  #capacity = 0
  #slots = 0
  #head = 0
  #pieceMs = 0
  #positions = new BufferAttribute(new Float32Array(0), 3)

  constructor() {
    this.#material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: {
        uHead: { value: 0 },
        uSlots: { value: 1 },
        uSelected: { value: -1 },
        uSelf: { value: -1 },
        uColor: { value: PALETTE.drone },
        uColorSelf: { value: PALETTE.self },
      },
      transparent: true,
      depthWrite: false,
    })
    this.object = new LineSegments(new BufferGeometry(), this.#material)
    this.object.frustumCulled = false
    this.object.renderOrder = 4
  }

  /** Forgets everything, as when another node is looked through. */
  clear(): void {
    this.#columns.clear()
    this.#capacity = 0
  }

  update(objects: readonly Placed[], nowMs: number, self: AgentId, selected: AgentId | null): void {
    if (objects.length > this.#capacity) this.#resize(objects.length)
    const next = nowMs - this.#pieceMs >= PIECE_MS
    if (next) {
      this.#pieceMs = nowMs
      this.#head = (this.#head + 1) % this.#slots
      this.#forgetAbsent(objects)
    }
    const row = this.#positions.array as Float32Array
    const start = this.#head * this.#capacity * 6
    if (next) row.fill(0, start, start + this.#capacity * 6)
    for (const placed of objects) this.#write(row, start, placed, next)
    this.#positions.addUpdateRange(start, this.#capacity * 6)
    this.#positions.needsUpdate = true
    this.#setUniforms(self, selected)
  }

  #write(row: Float32Array, start: number, placed: Placed, next: boolean): void {
    const { object, x, y, z } = placed
    const column = this.#columnOf(object.agent, placed)
    if (column === null) return
    if (next) column.from = column.to
    const jumped = Math.hypot(x - column.to.x, y - column.to.y) > JUMP_M
    column.to = placed
    if (jumped || object.belief === 'volume') column.from = placed
    const at = start + column.place * 6
    row[at] = column.from.x
    row[at + 1] = column.from.y
    row[at + 2] = column.from.z
    row[at + 3] = x
    row[at + 4] = y
    row[at + 5] = z
  }

  #columnOf(agent: AgentId, placed: Placed): Column | null {
    const known = this.#columns.get(agent)
    if (known !== undefined) return known
    const place = this.#free.pop() ?? this.#columns.size
    if (place >= this.#capacity) return null
    const column = { place, from: placed, to: placed }
    this.#columns.set(agent, column)
    return column
  }

  /** Gives back the columns of agents no longer believed in. Their old pieces go as the ring comes round. */
  #forgetAbsent(objects: readonly Placed[]): void {
    if (this.#columns.size === objects.length) return
    const present = new Set(objects.map(p => p.object.agent))
    for (const [agent, column] of this.#columns) {
      if (present.has(agent)) continue
      this.#columns.delete(agent)
      this.#free.push(column.place)
    }
  }

  /** Twice the room as needed. The trails begin anew: rare, and simpler than moving them. */
  #resize(count: number): void {
    this.#capacity = 2 ** Math.ceil(Math.log2(Math.max(16, count)))
    this.#slots = Math.min(
      PIECES_EACH_MAX,
      Math.max(PIECES_EACH_MIN, Math.floor(PIECES_MAX / this.#capacity)),
    )
    this.#columns.clear()
    this.#free.length = 0
    const vertices = this.#capacity * this.#slots * 2
    this.#positions = new BufferAttribute(new Float32Array(vertices * 3), 3)
    this.#positions.setUsage(DynamicDrawUsage)
    const slots = new Float32Array(vertices * 2)
    for (let v = 0; v < vertices; v++) {
      slots[2 * v] = Math.floor(v / (2 * this.#capacity))
      slots[2 * v + 1] = Math.floor(v / 2) % this.#capacity
    }
    this.object.geometry.dispose()
    this.object.geometry = new BufferGeometry()
    this.object.geometry.setAttribute('position', this.#positions)
    this.object.geometry.setAttribute('aSlot', new BufferAttribute(slots, 2))
  }

  #setUniforms(self: AgentId, selected: AgentId | null): void {
    const place = (agent: AgentId | null) =>
      (agent === null ? undefined : this.#columns.get(agent)?.place) ?? -1
    const values = { uHead: this.#head, uSlots: this.#slots, uSelf: place(self), uSelected: place(selected) }
    for (const [name, value] of Object.entries(values)) {
      const uniform = this.#material.uniforms[name]
      if (uniform !== undefined) uniform.value = value
    }
  }
}

interface Column {
  readonly place: number
  from: Placed
  to: Placed
}

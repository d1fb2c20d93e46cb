import {
  BufferAttribute,
  BufferGeometry,
  type Color,
  DynamicDrawUsage,
  LineSegments,
  ShaderMaterial,
} from 'three'
import type { Placed } from '../enu.ts'
import type { ViewUniforms } from './view-uniforms.ts'

const VERTEX = /* glsl */ `
  attribute vec3 aVel;
  attribute vec4 aColor;
  attribute vec2 aDash;
  uniform float uDt;
  varying vec4 vColor;
  varying vec2 vDash;
  void main() {
    vColor = aColor;
    vDash = aDash;
    gl_Position = projectionMatrix * viewMatrix * modelMatrix * vec4(position + aVel * uDt, 1.0);
  }
`
const FRAGMENT = /* glsl */ `
  varying vec4 vColor;
  varying vec2 vDash;
  void main() {
    if (vDash.y > 0.0 && fract(vDash.x / vDash.y) > 0.55) discard;
    gl_FragColor = vColor;
  }
`

interface Segment {
  readonly from: Placed
  readonly to: Placed
  readonly color: Color
  readonly alpha: number
  readonly dashed: boolean
}

/** Straight lines between moving objects: who hears whom, and how far two beliefs are apart. */
export class Segments {
  readonly object: LineSegments<BufferGeometry, ShaderMaterial>
  #capacity = 0

  constructor(uniforms: ViewUniforms, renderOrder: number) {
    const material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: { uDt: uniforms.uDt },
      transparent: true,
      depthWrite: false,
    })
    this.object = new LineSegments(new BufferGeometry(), material)
    this.object.frustumCulled = false
    this.object.renderOrder = renderOrder
    this.#reserve(16)
  }

  update(segments: readonly Segment[]): void {
    this.#reserve(segments.length)
    const [position, velocity, color, dash] = ['position', 'aVel', 'aColor', 'aDash'].map(name => {
      const attribute = this.object.geometry.getAttribute(name) as BufferAttribute
      attribute.needsUpdate = true
      return attribute
    })
    if (position === undefined || velocity === undefined || color === undefined || dash === undefined) return
    segments.forEach((segment, i) => {
      const { from, to, alpha } = segment
      const lengthM = Math.hypot(to.x - from.x, to.y - from.y, to.z - from.z)
      const dashM = segment.dashed ? Math.max(lengthM / 24, 4) : 0
      for (const [v, end] of [from, to].entries()) {
        position.setXYZ(2 * i + v, end.x, end.y, end.z)
        velocity.setXYZ(2 * i + v, end.vx, end.vy, end.vz)
        color.setXYZW(2 * i + v, segment.color.r, segment.color.g, segment.color.b, alpha)
        dash.setXY(2 * i + v, v === 0 ? 0 : lengthM, dashM)
      }
    })
    this.object.geometry.setDrawRange(0, 2 * segments.length)
  }

  #reserve(count: number): void {
    if (count <= this.#capacity) return
    this.#capacity = 2 ** Math.ceil(Math.log2(count))
    const geometry = new BufferGeometry()
    for (const [name, size] of [
      ['position', 3],
      ['aVel', 3],
      ['aColor', 4],
      ['aDash', 2],
    ] as const) {
      const attribute = new BufferAttribute(new Float32Array(2 * this.#capacity * size), size)
      geometry.setAttribute(name, attribute.setUsage(DynamicDrawUsage))
    }
    this.object.geometry.dispose()
    this.object.geometry = geometry
  }
}

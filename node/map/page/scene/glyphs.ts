import {
  BufferAttribute,
  type BufferGeometry,
  type Color,
  Group,
  InstancedBufferGeometry,
  LineSegments,
  Mesh,
  ShaderMaterial,
} from 'three'
import type { Placed } from '../enu.ts'
import { Instances } from './instances.ts'
import type { ViewUniforms } from './view-uniforms.ts'

/** How one object is drawn. */
export interface Look {
  readonly color: Color
  readonly alpha: number
  /** Pixels from the middle to the nose. */
  readonly sizePx: number
}

/** A dart that points north: what flies. */
const DART = [
  [0, 1, 0, -0.66, -0.78, 0, 0, -0.5, 0.34],
  [0, 1, 0, 0, -0.5, 0.34, 0.66, -0.78, 0],
  [-0.66, -0.78, 0, 0, -0.42, 0, 0, -0.5, 0.34],
  [0, -0.5, 0.34, 0, -0.42, 0, 0.66, -0.78, 0],
  [0, 1, 0, 0, -0.42, 0, -0.66, -0.78, 0],
  [0, 1, 0, 0.66, -0.78, 0, 0, -0.42, 0],
].flat()

/** A diamond: what stands, and what has no heading. */
const DIAMOND = [0, 90, 180, 270].flatMap(deg => {
  const [x0, y0] = around(deg)
  const [x1, y1] = around(deg + 90)
  return [x0, y0, 0, x1, y1, 0, 0, 0, 0.95, x1, y1, 0, x0, y0, 0, 0, 0, -0.95]
})

function around(deg: number): [number, number] {
  return [0.62 * Math.cos((deg * Math.PI) / 180), 0.62 * Math.sin((deg * Math.PI) / 180)]
}

/** The smallest a glyph gets when the camera comes close, metres. */
const SIZE_MIN_M = '0.8'

const MOVE = /* glsl */ `
  attribute vec3 aPos;
  attribute vec3 aVel;
  attribute vec4 aColor;
  attribute vec2 aShape;
  uniform float uDt;
  uniform float uPx;
  varying vec4 vColor;
  varying float vLight;
  vec4 middle() { return modelMatrix * vec4(aPos + aVel * uDt, 1.0); }
`

const FRAGMENT = /* glsl */ `
  varying vec4 vColor;
  varying float vLight;
  void main() { gl_FragColor = vec4(vColor.rgb * vLight, vColor.a); }
`

const BODY_VERTEX = /* glsl */ `
  ${MOVE}
  vec3 turned(vec3 p) {
    float c = cos(aShape.x), s = sin(aShape.x);
    return vec3(c * p.x + s * p.y, c * p.y - s * p.x, p.z);
  }
  void main() {
    vec4 at = middle();
    float scale = max(aShape.y * uPx * -(viewMatrix * at).z, ${SIZE_MIN_M});
    at.xyz += turned(position) * scale;
    vColor = aColor;
    vLight = 0.62 + 0.5 * max(dot(turned(normal), normalize(vec3(-0.4, 0.25, 0.85))), 0.0);
    gl_Position = projectionMatrix * viewMatrix * at;
  }
`

const STEM_VERTEX = /* glsl */ `
  ${MOVE}
  void main() {
    vec4 at = middle();
    at.z *= position.z;
    vColor = vec4(aColor.rgb, aColor.a * mix(0.18, 0.5, position.z));
    vLight = 1.0;
    gl_Position = projectionMatrix * viewMatrix * at;
  }
`

const SHADOW_VERTEX = /* glsl */ `
  ${MOVE}
  void main() {
    vec4 at = middle();
    at.z = 0.0;
    at.xy += position.xy * 3.2 * uPx * -(viewMatrix * at).z;
    vColor = vec4(aColor.rgb, aColor.a * 0.55);
    vLight = 1.0;
    gl_Position = projectionMatrix * viewMatrix * at;
  }
`

/** Objects as solid shapes of constant size on the screen, each with a drop line and a mark on the ground. */
export class Glyphs {
  readonly group = new Group()
  readonly #instances: Instances

  constructor(shape: 'dart' | 'diamond', uniforms: ViewUniforms) {
    const body = instanced(shape === 'dart' ? DART : DIAMOND)
    body.computeVertexNormals()
    const stem = instanced([0, 0, 0, 0, 0, 1])
    const shadow = instanced(disc(10))
    this.#instances = new Instances({ aPos: 3, aVel: 3, aColor: 4, aShape: 2 }, [body, stem, shadow])
    this.group.add(
      ready(new Mesh(shadow, material(SHADOW_VERTEX, uniforms, false)), 2),
      ready(new LineSegments(stem, material(STEM_VERTEX, uniforms, false)), 3),
      ready(new Mesh(body, material(BODY_VERTEX, uniforms, true)), 6),
    )
  }

  update(objects: readonly Placed[], lookOf: (placed: Placed) => Look): void {
    this.#instances.reserve(objects.length)
    const [pos, vel, colors, shape] = ['aPos', 'aVel', 'aColor', 'aShape'].map(n => this.#instances.array(n))
    if (pos === undefined || vel === undefined || colors === undefined || shape === undefined) return
    let i = 0
    for (const p of objects) {
      const look = lookOf(p)
      put3(pos, i, p.x, p.y, p.z)
      put3(vel, i, p.vx, p.vy, p.vz)
      colors[4 * i] = look.color.r
      colors[4 * i + 1] = look.color.g
      colors[4 * i + 2] = look.color.b
      colors[4 * i + 3] = look.alpha
      shape[2 * i] = ((p.object.headingCdeg ?? 0) * Math.PI) / 18_000
      shape[2 * i + 1] = look.sizePx
      i++
    }
    this.#instances.commit(i)
  }
}

function put3(array: Float32Array, i: number, x: number, y: number, z: number): void {
  array[3 * i] = x
  array[3 * i + 1] = y
  array[3 * i + 2] = z
}

function instanced(positions: readonly number[]): InstancedBufferGeometry {
  const geometry = new InstancedBufferGeometry()
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(positions), 3))
  return geometry
}

/** Triangles of a flat disc of radius 1. */
function disc(sides: number): number[] {
  return Array.from({ length: sides }, (_, i) => {
    const from = (2 * Math.PI * i) / sides
    const to = (2 * Math.PI * (i + 1)) / sides
    return [0, 0, 0, Math.cos(from), Math.sin(from), 0, Math.cos(to), Math.sin(to), 0]
  }).flat()
}

function material(vertexShader: string, uniforms: ViewUniforms, depthWrite: boolean): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader,
    fragmentShader: FRAGMENT,
    uniforms: { uDt: uniforms.uDt, uPx: uniforms.uPx },
    transparent: true,
    depthWrite,
  })
}

/** Positions are made in the shader, so three.js must not judge by them what is in view. */
function ready<T extends Mesh<BufferGeometry> | LineSegments<BufferGeometry>>(object: T, order: number): T {
  object.frustumCulled = false
  object.renderOrder = order
  return object
}

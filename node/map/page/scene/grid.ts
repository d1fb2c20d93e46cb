import { BufferAttribute, BufferGeometry, LineSegments, ShaderMaterial, Vector3 } from 'three'
import { PALETTE } from './palette.ts'

/** Lines on each side of the middle. */
const HALF = 30

const VERTEX = /* glsl */ `
  attribute float aMajor;
  uniform vec3 uMiddle;
  varying vec2 vAt;
  varying float vMajor;
  void main() {
    vAt = position.xy - uMiddle.xy;
    vMajor = aMajor;
    gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
  }
`
const FRAGMENT = /* glsl */ `
  uniform vec3 uColor;
  uniform float uRadius;
  varying vec2 vAt;
  varying float vMajor;
  void main() {
    float fade = 1.0 - smoothstep(0.25, 1.0, length(vAt) / uRadius);
    gl_FragColor = vec4(uColor, fade * mix(0.15, 0.30, vMajor));
  }
`

/** 1, 2 or 5 times a power of ten, at or below the value. */
export function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const lead = value / power
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power
}

/** Squares on the ground around the middle of the view, of a round size that follows the distance of the eye. */
export class Grid {
  readonly object: LineSegments<BufferGeometry, ShaderMaterial>
  readonly #middle = new Vector3()
  readonly #radius = { value: 1 }
  #key = ''
  stepM = 0

  constructor() {
    const material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: { uColor: { value: PALETTE.grid }, uMiddle: { value: this.#middle }, uRadius: this.#radius },
      transparent: true,
      depthWrite: false,
    })
    this.object = new LineSegments(new BufferGeometry(), material)
    this.object.frustumCulled = false
  }

  update(middle: Vector3, eyeM: number): void {
    const step = niceStep(eyeM / 7)
    const major = 5 * step
    const x0 = Math.round(middle.x / major) * major
    const y0 = Math.round(middle.y / major) * major
    this.#middle.copy(middle)
    this.#radius.value = (HALF - 5) * step
    const key = `${step} ${x0} ${y0}`
    if (key === this.#key) return
    this.#key = key
    this.stepM = step
    const positions: number[] = []
    const majors: number[] = []
    for (let i = -HALF; i <= HALF; i++) {
      const reach = HALF * step
      positions.push(x0 + i * step, y0 - reach, 0, x0 + i * step, y0 + reach, 0)
      positions.push(x0 - reach, y0 + i * step, 0, x0 + reach, y0 + i * step, 0)
      const isMajor = i % 5 === 0 ? 1 : 0
      majors.push(isMajor, isMajor, isMajor, isMajor)
    }
    this.object.geometry.dispose()
    this.object.geometry = new BufferGeometry()
    this.object.geometry.setAttribute('position', new BufferAttribute(new Float32Array(positions), 3))
    this.object.geometry.setAttribute('aMajor', new BufferAttribute(new Float32Array(majors), 1))
  }
}

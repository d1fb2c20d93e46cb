import {
  BufferAttribute,
  CylinderGeometry,
  DoubleSide,
  Group,
  InstancedBufferGeometry,
  LineSegments,
  Mesh,
  ShaderMaterial,
} from 'three'
import type { Placed } from '../enu.ts'
import { Instances } from './instances.ts'
import { PALETTE } from './palette.ts'
import type { ViewUniforms } from './view-uniforms.ts'

const SIDES = 40

const PLACE = /* glsl */ `
  attribute vec3 aPos;
  attribute vec2 aExtent;
  vec4 inVolume(vec3 p) {
    return modelMatrix * vec4(aPos + vec3(p.xy * aExtent.x, p.z * aExtent.y), 1.0);
  }
`

const SHELL_VERTEX = /* glsl */ `
  ${PLACE}
  varying float vRim;
  void main() {
    vec4 at = inVolume(position);
    vec3 toEye = normalize(cameraPosition - at.xyz);
    vRim = 1.0 - abs(dot(normal, toEye));
    gl_Position = projectionMatrix * viewMatrix * at;
  }
`

const SHELL_FRAGMENT = /* glsl */ `
  uniform vec3 uColor;
  varying float vRim;
  void main() { gl_FragColor = vec4(uColor, 0.05 + 0.13 * vRim * vRim); }
`

const RING_VERTEX = /* glsl */ `
  ${PLACE}
  void main() { gl_Position = projectionMatrix * viewMatrix * inVolume(position); }
`

const RING_FRAGMENT = /* glsl */ `
  uniform vec3 uColor;
  uniform float uTime;
  void main() { gl_FragColor = vec4(uColor, 0.55 + 0.15 * sin(uTime * 0.003)); }
`

/** An agent not heard of for too long is somewhere inside a cylinder that grows: never a point. */
export class Volumes {
  readonly group = new Group()
  readonly #instances: Instances

  constructor(uniforms: ViewUniforms) {
    const shell = shellGeometry()
    const rings = ringGeometry()
    this.#instances = new Instances({ aPos: 3, aExtent: 2 }, [shell, rings])
    const color = { value: PALETTE.lost }
    const shellMaterial = new ShaderMaterial({
      vertexShader: SHELL_VERTEX,
      fragmentShader: SHELL_FRAGMENT,
      uniforms: { uColor: color },
      transparent: true,
      depthWrite: false,
      side: DoubleSide,
    })
    const ringMaterial = new ShaderMaterial({
      vertexShader: RING_VERTEX,
      fragmentShader: RING_FRAGMENT,
      uniforms: { uColor: color, uTime: uniforms.uTime },
      transparent: true,
      depthWrite: false,
    })
    for (const object of [new Mesh(shell, shellMaterial), new LineSegments(rings, ringMaterial)]) {
      object.frustumCulled = false
      object.renderOrder = 5
      this.group.add(object)
    }
  }

  update(objects: readonly Placed[]): void {
    this.#instances.reserve(objects.length)
    const pos = this.#instances.array('aPos')
    const extent = this.#instances.array('aExtent')
    let i = 0
    for (const { x, y, z, object } of objects) {
      if (object.belief !== 'volume') continue
      const half = object.uncertaintyVDm / 10
      // What is below the ground is no place to look for a drone.
      const bottom = Math.max(0, z - half)
      pos.set([x, y, (bottom + z + half) / 2], 3 * i)
      extent.set([object.uncertaintyHDm / 10, (z + half - bottom) / 2], 2 * i)
      i++
    }
    this.#instances.commit(i)
  }
}

/** A cylinder of radius 1 from -1 to 1 along z. */
function shellGeometry(): InstancedBufferGeometry {
  const cylinder = new CylinderGeometry(1, 1, 2, SIDES, 1).rotateX(Math.PI / 2)
  const geometry = new InstancedBufferGeometry()
  geometry.setIndex(cylinder.index)
  geometry.setAttribute('position', cylinder.getAttribute('position'))
  geometry.setAttribute('normal', cylinder.getAttribute('normal'))
  return geometry
}

function ringGeometry(): InstancedBufferGeometry {
  const corner = (i: number, z: number) => {
    const angle = (2 * Math.PI * i) / SIDES
    return [Math.cos(angle), Math.sin(angle), z]
  }
  const ring = (z: number) => Array.from({ length: SIDES }, (_, i) => [...corner(i, z), ...corner(i + 1, z)])
  const geometry = new InstancedBufferGeometry()
  const positions = new Float32Array([...ring(-1), ...ring(1)].flat())
  geometry.setAttribute('position', new BufferAttribute(positions, 3))
  return geometry
}

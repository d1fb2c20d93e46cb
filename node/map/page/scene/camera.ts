import { PerspectiveCamera, Vector3 } from 'three'
import { MapControls } from 'three/addons/controls/MapControls.js'

const FOV_DEG = 42
const OBLIQUE_RAD = (52 * Math.PI) / 180
/** Straight down would leave north undefined. */
const TOP_RAD = 0.001
const GLIDE_MS = 450
const DISTANCE_MIN_M = 15
const DISTANCE_MAX_M = 60_000

/** Where the camera looks and from where: the middle, the distance, the angle from straight down, the bearing. */
interface Pose {
  readonly target: Vector3
  readonly distanceM: number
  readonly tiltRad: number
  readonly bearingRad: number
}

/** The eye: drag to pan, right-drag to turn, wheel to zoom; presets glide there. */
export class Eye {
  readonly camera = new PerspectiveCamera(FOV_DEG, 1, 1, 200_000)
  readonly #controls: MapControls
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)')
  #glide: { readonly from: Pose; readonly to: Pose; readonly startMs: number } | null = null

  constructor(surface: HTMLElement) {
    this.camera.up.set(0, 0, 1)
    this.#controls = new MapControls(this.camera, surface)
    this.#controls.minDistance = DISTANCE_MIN_M
    this.#controls.maxDistance = DISTANCE_MAX_M
    this.#controls.maxPolarAngle = (86 * Math.PI) / 180
    this.#controls.dampingFactor = 0.18
    this.#controls.zoomToCursor = true
    this.#controls.addEventListener('start', () => {
      this.#glide = null
    })
    this.#setPose({ target: new Vector3(), distanceM: 3000, tiltRad: OBLIQUE_RAD, bearingRad: 0 })
  }

  get target(): Vector3 {
    return this.#controls.target
  }

  get distanceM(): number {
    return this.#controls.getDistance()
  }

  /** Degrees clockwise from north that the top of the screen points to. */
  get bearingDeg(): number {
    return (-this.#controls.getAzimuthalAngle() * 180) / Math.PI
  }

  resize(width: number, height: number): void {
    this.camera.aspect = width / Math.max(1, height)
    this.camera.updateProjectionMatrix()
  }

  /** Once a frame, before drawing. */
  update(nowMs: number): void {
    if (this.#glide === null) {
      this.#controls.update()
    } else {
      const { from, to, startMs } = this.#glide
      const t = Math.min(1, (nowMs - startMs) / GLIDE_MS)
      this.#setPose(between(from, to, t * t * (3 - 2 * t)))
      if (t === 1) this.#glide = null
    }
    this.camera.near = Math.max(0.5, this.distanceM / 200)
    this.camera.far = this.distanceM * 30 + 5000
    this.camera.updateProjectionMatrix()
  }

  top(): void {
    this.#glideTo({ tiltRad: TOP_RAD, bearingRad: 0 })
  }

  oblique(): void {
    this.#glideTo({ tiltRad: OBLIQUE_RAD })
  }

  turn(deg: number): void {
    this.#glideTo({ bearingRad: this.#pose.bearingRad + (deg * Math.PI) / 180 })
  }

  zoom(factor: number): void {
    const distanceM = Math.min(DISTANCE_MAX_M, Math.max(DISTANCE_MIN_M, this.#pose.distanceM * factor))
    this.#glideTo({ distanceM })
  }

  /** Moves over the ground by shares of the view: right and up on the screen are positive. */
  pan(right: number, up: number): void {
    const { distanceM, bearingRad, target } = this.#pose
    const [sin, cos] = [Math.sin(bearingRad), Math.cos(bearingRad)]
    const shift = new Vector3(right * cos + up * sin, -right * sin + up * cos, 0)
    this.#glideTo({ target: target.clone().addScaledVector(shift, distanceM) })
  }

  /** Looks at a level circle so that all of it is in view. */
  show(x: number, y: number, z: number, radiusM: number, glide: boolean): void {
    const narrow = Math.min(1, this.camera.aspect)
    const distanceM = Math.max(120, radiusM / Math.tan((FOV_DEG * Math.PI) / 360) / narrow)
    const pose = { ...this.#pose, target: new Vector3(x, y, z), distanceM }
    if (glide) this.#glideTo(pose)
    else this.#setPose(pose)
  }

  /** Carries the eye along by so much, also while it glides. */
  carry(dx: number, dy: number, dz: number): void {
    const shift = new Vector3(dx, dy, dz)
    this.#controls.target.add(shift)
    this.camera.position.add(shift)
    this.#glide?.from.target.add(shift)
    this.#glide?.to.target.add(shift)
  }

  get #pose(): Pose {
    return {
      target: this.#controls.target.clone(),
      distanceM: this.distanceM,
      tiltRad: this.#controls.getPolarAngle(),
      bearingRad: -this.#controls.getAzimuthalAngle(),
    }
  }

  #glideTo(change: Partial<Pose>): void {
    const from = this.#glide === null ? this.#pose : this.#glide.to
    const to = { ...from, ...change }
    if (this.#still.matches) this.#setPose(to)
    else this.#glide = { from: this.#pose, to, startMs: performance.now() }
  }

  #setPose({ target, distanceM, tiltRad, bearingRad }: Pose): void {
    const flat = Math.sin(tiltRad) * distanceM
    this.#controls.target.copy(target)
    this.camera.position.set(
      target.x - Math.sin(bearingRad) * flat,
      target.y - Math.cos(bearingRad) * flat,
      target.z + Math.cos(tiltRad) * distanceM,
    )
    this.#controls.update()
  }
}

function between(from: Pose, to: Pose, t: number): Pose {
  const turn = Math.atan2(
    Math.sin(to.bearingRad - from.bearingRad),
    Math.cos(to.bearingRad - from.bearingRad),
  )
  return {
    target: from.target.clone().lerp(to.target, t),
    distanceM: from.distanceM * (to.distanceM / from.distanceM) ** t,
    tiltRad: from.tiltRad + (to.tiltRad - from.tiltRad) * t,
    bearingRad: from.bearingRad + turn * t,
  }
}

import { Group, LinearSRGBColorSpace, Scene, WebGLRenderer } from 'three'
import { byId, setText } from '../dom.ts'
import { distance } from '../format.ts'
import type { State } from '../state.ts'
import { annotate } from './annotations.ts'
import { BaseMap } from './base-map.ts'
import { Eye } from './camera.ts'
import { Cells } from './cells.ts'
import { FrameTimes } from './frame-times.ts'
import { Grid, niceStep } from './grid.ts'
import { Labels } from './labels.ts'
import { Objects } from './objects.ts'
import { PALETTE } from './palette.ts'
import { Screen } from './screen.ts'
import { createViewUniforms } from './view-uniforms.ts'

const PIXEL_RATIO_MAX = 2
/** An object is picked within so many pixels. */
const REACH_PX = 18
/** A belief older than this is drawn where it was: guessing on would look alive. */
const MOVE_ON_MAX_S = 1

/**
 * Time between two pictures while nobody turns or moves the view. A renderer in software takes whole cores, and
 * the nodes of a demo need them more.
 */
const REST_MS = 1000 / 31
const REST_IN_SOFTWARE_MS = 1000 / 13
const TOUCHED_MS = 1500

/** The 3D view: draws the state, and says what was picked. */
export class Stage {
  readonly eye: Eye
  readonly times = new FrameTimes()
  readonly #state: State
  readonly #renderer: WebGLRenderer
  readonly #scene = new Scene()
  /** What the height scale stretches. */
  readonly #world = new Group()
  readonly #uniforms = createViewUniforms()
  readonly #screen = new Screen()
  readonly #objects = new Objects(this.#uniforms)
  readonly #cells = new Cells()
  readonly #grid = new Grid()
  readonly #base = new BaseMap()
  readonly #labels = new Labels(byId('labels'))
  readonly #canvas = byId<HTMLCanvasElement>('canvas')
  readonly #reticle = byId('reticle')
  #following = false
  #followed: { x: number; y: number; z: number } | null = null
  #framed = false
  readonly #restMs: number
  #drawnMs = 0
  #touchedMs = 0

  constructor(state: State) {
    this.#state = state
    this.#renderer = new WebGLRenderer({ canvas: this.#canvas, antialias: true })
    this.#restMs = isSoftware(this.#renderer) ? REST_IN_SOFTWARE_MS : REST_MS
    this.#renderer.outputColorSpace = LinearSRGBColorSpace
    this.#scene.background = PALETTE.ground
    this.#world.add(this.#objects.group)
    this.#scene.add(this.#grid.object, this.#base.group, this.#cells.group, this.#world)
    this.eye = new Eye(this.#canvas)
    new ResizeObserver(() => this.#resize()).observe(this.#canvas.parentElement ?? this.#canvas)
    this.#resize()
    state.on('belief', () => this.#beliefChanged())
    state.on('selection', () => {
      if (state.selected === null) this.#following = false
      this.#redraw()
    })
    state.on('view', () => this.#redraw())
    this.#listenForPicks()
    for (const type of ['pointerdown', 'pointermove', 'wheel', 'keydown']) {
      addEventListener(type, () => this.#touch(), { passive: true })
    }
    requestAnimationFrame(this.#frame)
  }

  get following(): boolean {
    return this.#following
  }

  drawBase(geojson: unknown): void {
    if (this.#state.projection !== null) this.#base.draw(geojson, this.#state.projection)
  }

  /** Keeps the selected object in the middle, or lets it go. */
  follow(on: boolean): void {
    this.#following = on
    this.#followed = null
    const selected = this.#state.find(this.#state.selected)
    if (!on || selected === null) return
    const { x, y, z } = selected
    this.eye.show(x, y, z * this.#screen.heightScale, Math.min(400, this.eye.distanceM / 3), true)
  }

  /** Looks at everything at once. */
  frameAll(glide: boolean): void {
    const placed = this.#state.belief?.placed ?? []
    if (placed.length === 0) return
    const xs = placed.map(p => p.x)
    const ys = placed.map(p => p.y)
    const [west, east] = [Math.min(...xs), Math.max(...xs)]
    const [south, north] = [Math.min(...ys), Math.max(...ys)]
    const radius = Math.hypot(east - west, north - south) / 2
    this.#following = false
    this.eye.show((west + east) / 2, (south + north) / 2, 0, 0.92 * radius + 60, glide)
  }

  #beliefChanged(): void {
    const { belief, projection } = this.#state
    if (belief !== null && projection !== null) this.#cells.update(belief.frame.cells, projection)
    this.#redraw()
    if (this.#framed || belief === null || belief.placed.length === 0) return
    this.#framed = true
    this.frameAll(false)
  }

  #redraw(): void {
    const { layers, heightScale } = this.#state
    this.#cells.group.visible = layers.has('cells')
    this.#base.group.visible = layers.has('base')
    this.#world.scale.z = heightScale
    this.#screen.heightScale = heightScale
    this.#objects.update(this.#state)
    this.#labels.set(annotate(this.#state, this.#base.places))
  }

  /** How far the drawn objects are moved on from the moment of their belief, seconds. */
  #moveOn(nowMs: number): number {
    const { belief, paused } = this.#state
    if (belief === null || paused) return 0
    return Math.min(MOVE_ON_MAX_S, (nowMs - belief.receivedMs) / 1000)
  }

  readonly #frame = (nowMs: number): void => {
    requestAnimationFrame(this.#frame)
    const restMs = performance.now() - this.#touchedMs < TOUCHED_MS ? 0 : this.#restMs
    if (nowMs - this.#drawnMs < restMs) return
    this.#drawnMs = nowMs
    this.times.frame(nowMs)
    this.times.measure(() => this.#draw(performance.now()))
  }

  #draw(nowMs: number): void {
    const dt = this.#moveOn(nowMs)
    this.#screen.dt = dt
    this.#carryAlong(dt)
    this.eye.update(nowMs)
    const { camera } = this.eye
    this.#uniforms.uDt.value = dt
    this.#uniforms.uTime.value = nowMs % 1e6
    this.#uniforms.uPx.value = (2 * Math.tan((camera.fov * Math.PI) / 360)) / this.#screen.heightPx
    this.#grid.update(this.eye.target, this.eye.distanceM)
    this.#renderer.render(this.#scene, camera)
    this.#labels.place(camera, this.#screen)
    this.#placeReticle()
    this.#drawInstruments()
  }

  #carryAlong(dt: number): void {
    const selected = this.#following ? this.#state.find(this.#state.selected) : null
    if (selected === null) {
      this.#followed = null
      return
    }
    const at = {
      x: selected.x + selected.vx * dt,
      y: selected.y + selected.vy * dt,
      z: (selected.z + selected.vz * dt) * this.#screen.heightScale,
    }
    const before = this.#followed
    if (before !== null) this.eye.carry(at.x - before.x, at.y - before.y, at.z - before.z)
    this.#followed = at
  }

  readonly #pixel = { x: 0, y: 0 }

  #placeReticle(): void {
    const selected = this.#state.find(this.#state.selected)
    const shown = selected !== null && this.#screen.at(this.eye.camera, selected, this.#pixel)
    this.#reticle.classList.toggle('hidden', !shown)
    if (shown) this.#reticle.style.transform = `translate(${this.#pixel.x}px, ${this.#pixel.y}px)`
  }

  readonly #needle = byId('compass-needle')
  readonly #scaleBar = byId('scale-bar')
  readonly #scaleText = byId('scale-text')

  /** Compass and scale: of the ground in the middle of the view. */
  #drawInstruments(): void {
    this.#needle.style.transform = `rotate(${-this.eye.bearingDeg}deg)`
    const metresPerPx = this.#uniforms.uPx.value * this.eye.distanceM
    const lengthM = niceStep(metresPerPx * 160)
    this.#scaleBar.style.width = `${Math.round(lengthM / metresPerPx)}px`
    setText(this.#scaleText, `${distance(lengthM)} · grid ${distance(this.#grid.stepM)}`)
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas.parentElement ?? this.#canvas
    const [width, height] = [Math.max(1, clientWidth), Math.max(1, clientHeight)]
    this.#screen.widthPx = width
    this.#screen.heightPx = height
    this.#renderer.setPixelRatio(Math.min(PIXEL_RATIO_MAX, devicePixelRatio))
    this.#renderer.setSize(width, height, false)
    this.eye.resize(width, height)
    this.#labels.keepClear(['layers', 'profile', 'compass', 'scale-text'].map(id => byId(id)))
  }

  #listenForPicks(): void {
    let down: PointerEvent | null = null
    this.#canvas.addEventListener('pointerdown', event => {
      down = event
    })
    this.#canvas.addEventListener('pointerup', event => {
      const dragged =
        down === null || Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > 5
      down = null
      if (!dragged && event.button === 0) this.#state.select(this.#under(event))
    })
    this.#canvas.addEventListener('pointermove', event => {
      if (event.buttons === 0) this.#state.hover(this.#under(event))
      this.#canvas.classList.toggle('over', this.#state.hovered !== null)
    })
    this.#canvas.addEventListener('pointerleave', () => this.#state.hover(null))
  }

  #touch(): void {
    this.#touchedMs = performance.now()
  }

  #under(event: PointerEvent) {
    const { left, top } = this.#canvas.getBoundingClientRect()
    const onlyThere =
      this.#state.divergence?.differences.flatMap(d => (d.a === null && d.b !== null ? d.b : [])) ?? []
    const objects = [...(this.#state.belief?.placed ?? []), ...onlyThere]
    const found = this.#screen.nearest(
      this.eye.camera,
      objects,
      event.clientX - left,
      event.clientY - top,
      REACH_PX,
    )
    return found?.object.agent ?? null
  }
}

/** Whether pictures are made by the processor. */
function isSoftware(renderer: WebGLRenderer): boolean {
  const gl = renderer.getContext()
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  const name: unknown = gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)
  return /swiftshader|llvmpipe|software|basic render/i.test(String(name))
}

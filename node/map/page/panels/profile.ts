import { byId } from '../dom.ts'
import type { Placed } from '../enu.ts'
import { niceStep } from '../scene/grid.ts'
import type { State } from '../state.ts'
import { openCanvas } from './canvas.ts'

const LEFT_PX = 30
const PAD_PX = 10
/** With more objects than this the marks lie side by side. */
const CROWD = 40

/** Who flies how high, whatever the camera looks at: a scale of heights with a mark for each object. */
export class Profile {
  readonly #state: State
  readonly #canvas = openCanvas(byId<HTMLCanvasElement>('profile'), () => this.#draw())
  #topM = 100

  constructor(state: State) {
    this.#state = state
    state.on('belief', () => this.#draw())
    state.on('selection', () => this.#draw())
  }

  #draw(): void {
    const { context, widthPx, heightPx } = this.#canvas
    const { belief } = this.#state
    if (belief === null || heightPx < 60) return
    const highest = belief.placed.reduce((max, p) => Math.max(max, p.z), 0)
    const wanted = highest * 1.1 + 10
    // The scale grows at once and shrinks late, so that it does not breathe.
    if (wanted > this.#topM || wanted < this.#topM / 2) this.#topM = wanted * 1.2
    context.clearRect(0, 0, widthPx, heightPx)
    const y = (z: number) => heightPx - PAD_PX - ((heightPx - 2 * PAD_PX) * z) / this.#topM
    this.#drawScale(y)
    belief.placed.forEach((placed, i) => {
      this.#drawMark(placed, i, y)
    })
  }

  #drawScale(y: (z: number) => number): void {
    const { context, widthPx } = this.#canvas
    const step = niceStep(this.#topM / 3)
    context.font = '10px system-ui, sans-serif'
    context.textAlign = 'right'
    context.textBaseline = 'middle'
    for (let z = 0; z <= this.#topM; z += step) {
      context.fillStyle = '#8798a6'
      context.fillText(`${z}`, LEFT_PX - 6, y(z))
      context.fillStyle = '#22303c'
      context.fillRect(LEFT_PX, Math.round(y(z)), widthPx - LEFT_PX, 1)
    }
  }

  #drawMark({ object, z }: Placed, index: number, y: (z: number) => number): void {
    const { context, widthPx } = this.#canvas
    const width = widthPx - LEFT_PX
    const picked = object.agent === this.#state.selected || object.agent === this.#state.hovered
    const crowd = (this.#state.belief?.placed.length ?? 0) > CROWD
    const half = object.belief === 'volume' ? object.uncertaintyVDm / 10 : 0
    context.globalAlpha = object.belief === 'volume' ? (picked ? 0.6 : 0.3) : picked ? 1 : 0.65
    context.fillStyle = picked ? '#ffffff' : COLORS[object.belief]
    const top = y(z + half)
    const spread = crowd ? scatter(index) * (width - 4) : width * 0.2
    const left = picked ? LEFT_PX : LEFT_PX + spread
    const size = picked ? width : crowd ? 4 : width * 0.6
    context.fillRect(left, top - 1, size, Math.max(2, y(Math.max(0, z - half)) - top))
    context.globalAlpha = 1
  }
}

/** The same place between 0 and 1 for the same number, with no pattern to the eye (golden ratio). */
const scatter = (i: number): number => (i * 0.618_034) % 1

const COLORS = { self: '#6fe3c1', point: '#8cbcff', volume: '#b39bff' } as const

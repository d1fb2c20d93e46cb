import { byId, setText } from '../dom.ts'
import type { EventLog, TimedEvent } from '../event-log.ts'
import { clock } from '../format.ts'
import type { State } from '../state.ts'
import { openCanvas } from './canvas.ts'
import { ALARM_COLOR, EVENT_LANES, isAlarming, LANE_COLORS, laneOf } from './event-colors.ts'

const SPANS_MS = [60_000, 300_000, 900_000, 3_600_000] as const
const LEFT_PX = 56
const AXIS_PX = 18
const REACH_PX = 6

/** The events of the log as marks on a strip of time, a lane for each kind; the newest at the right. */
export class Timeline {
  readonly #log: EventLog
  readonly #state: State
  readonly #note = byId('timeline-note')
  readonly #canvas = openCanvas(byId<HTMLCanvasElement>('timeline'), () => this.#draw())
  #span = 1
  #under: TimedEvent | null = null

  constructor(log: EventLog, state: State) {
    this.#log = log
    this.#state = state
    // Time goes on without events too; four times a second is as smooth as the strip is fine.
    setInterval(() => this.#draw(), 250)
    const { element } = this.#canvas
    element.addEventListener('pointermove', event => this.#hover(event.offsetX, event.offsetY))
    element.addEventListener('pointerleave', () => this.#hover(-1, -1))
    element.addEventListener('click', () => {
      if (this.#under !== null) this.#state.select(this.#under.subject || this.#under.record.author)
    })
  }

  /** A longer or a shorter stretch of time. */
  zoom(by: number): void {
    this.#span = Math.min(SPANS_MS.length - 1, Math.max(0, this.#span + by))
    this.#draw()
  }

  get #spanMs(): number {
    return SPANS_MS[this.#span] ?? 60_000
  }

  #x(atMs: number, nowMs: number): number {
    const width = this.#canvas.widthPx - LEFT_PX - 8
    return LEFT_PX + width * (1 - (nowMs - atMs) / this.#spanMs)
  }

  #laneHeight(): number {
    return (this.#canvas.heightPx - AXIS_PX) / EVENT_LANES.length
  }

  #hover(x: number, y: number): void {
    const nowMs = Date.now()
    const lane = EVENT_LANES[Math.floor(y / this.#laneHeight())]
    this.#under =
      this.#log.events.findLast(
        event => laneOf(event.type) === lane && Math.abs(this.#x(event.atMs, nowMs) - x) < REACH_PX,
      ) ?? null
    this.#canvas.element.classList.toggle('over', this.#under !== null)
    this.#draw()
  }

  #draw(): void {
    const { context, widthPx, heightPx } = this.#canvas
    if (widthPx < 100) return
    const nowMs = Date.now()
    context.clearRect(0, 0, widthPx, heightPx)
    this.#drawLanes(context)
    this.#drawAxis(context, nowMs)
    const shown = this.#drawEvents(context, nowMs)
    const span = this.#spanMs / 60_000
    const note = `${shown} in the last ${span < 60 ? `${span} min` : 'hour'}`
    setText(this.#note, this.#under === null ? note : describe(this.#under))
  }

  #drawLanes(context: CanvasRenderingContext2D): void {
    const height = this.#laneHeight()
    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'middle'
    context.textAlign = 'left'
    EVENT_LANES.forEach((lane, i) => {
      const y = (i + 0.5) * height
      context.fillStyle = '#1a2530'
      context.fillRect(LEFT_PX, Math.round(y), this.#canvas.widthPx - LEFT_PX - 8, 1)
      context.fillStyle = '#8798a6'
      context.fillText(lane, 0, y)
    })
  }

  #drawAxis(context: CanvasRenderingContext2D, nowMs: number): void {
    const stepMs = this.#spanMs / 4
    const y = this.#canvas.heightPx - AXIS_PX / 2
    context.fillStyle = '#6d7d8a'
    context.textAlign = 'center'
    for (let at = Math.floor(nowMs / stepMs) * stepMs; at > nowMs - this.#spanMs; at -= stepMs) {
      const x = this.#x(at, nowMs)
      if (x < LEFT_PX + 26 || x > this.#canvas.widthPx - 34) continue
      context.fillText(clock(at), x, y)
      context.fillRect(Math.round(x), this.#canvas.heightPx - AXIS_PX, 1, 3)
    }
  }

  #drawEvents(context: CanvasRenderingContext2D, nowMs: number): number {
    const height = this.#laneHeight()
    const { events } = this.#log
    let shown = 0
    for (let i = events.length - 1; i >= 0; i--) {
      const event = events[i]
      if (event === undefined || event.atMs < nowMs - this.#spanMs) break
      shown++
      const lane = laneOf(event.type)
      const x = Math.min(this.#x(event.atMs, nowMs), this.#canvas.widthPx - 10)
      const y = EVENT_LANES.indexOf(lane) * height
      const picked = event === this.#under || (event.subject !== '' && event.subject === this.#state.selected)
      context.fillStyle = isAlarming(event.type) ? ALARM_COLOR : LANE_COLORS[lane]
      context.globalAlpha = picked ? 1 : 0.72
      context.fillRect(x - (picked ? 2 : 1), y + height * 0.2, picked ? 4 : 2, height * 0.6)
    }
    context.globalAlpha = 1
    return shown
  }
}

const describe = (event: TimedEvent): string => `${clock(event.atMs)}  ${event.type}  #${event.seq}`

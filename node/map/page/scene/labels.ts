import type { Camera } from 'three'
import { make, setClass, setText } from '../dom.ts'
import type { Moving, Screen } from './screen.ts'

/** Text at a place of the scene. Those that come first win when two would overlap. */
export interface Label {
  readonly at: Moving
  readonly text: string
  readonly detail: string
  readonly className: string
  /** Pixels to the right of and below the point where the text begins. */
  readonly offset: readonly [number, number]
  /** May stand to the left of the point when there is no room to its right. */
  readonly bothSides: boolean
  /** Drawn even where it covers another. */
  readonly always: boolean
}

const LABELS_MAX = 80
const LINE_PX = 15

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

interface Slot {
  readonly root: HTMLElement
  readonly text: HTMLElement
  readonly detail: HTMLElement
  widthPx: number
  shown: boolean
}

/** Texts over the scene, in HTML: sharp, selectable by assistive tools, never one over the other. */
export class Labels {
  readonly #slots: Slot[] = []
  readonly #layer: HTMLElement
  #labels: readonly Label[] = []
  readonly #taken: Box[] = []
  /** Room that belongs to buttons and instruments. */
  #kept: readonly Box[] = []

  constructor(layer: HTMLElement) {
    this.#layer = layer
  }

  /** Keeps texts away from these elements, which lie over the scene too. */
  keepClear(elements: readonly Element[]): void {
    const { left: x, top: y } = this.#layer.getBoundingClientRect()
    this.#kept = elements.map(element => {
      const { left, top, right, bottom } = element.getBoundingClientRect()
      return { left: left - x, top: top - y, right: right - x, bottom: bottom - y }
    })
  }

  /** New texts: a few times a second. */
  set(labels: readonly Label[]): void {
    this.#labels = labels.slice(0, LABELS_MAX)
    this.#labels.forEach((label, i) => {
      const slot = this.#slots[i] ?? this.#add()
      const before = slot.text.textContent + slot.root.className + slot.detail.textContent
      setText(slot.text, label.text)
      setText(slot.detail, label.detail)
      setClass(slot.root, `label ${label.className}`)
      const after = label.text + slot.root.className + label.detail
      // Measuring makes the browser lay out: only when the text is another one.
      if (before.length !== after.length) slot.widthPx = 0
    })
  }

  /** New places: every frame. */
  place(camera: Camera, screen: Screen): void {
    const out = { x: 0, y: 0 }
    this.#taken.length = 0
    this.#taken.push(...this.#kept)
    this.#slots.forEach((slot, i) => {
      const label = this.#labels[i]
      const inView =
        label !== undefined &&
        screen.at(camera, label.at, out) &&
        out.x > -20 &&
        out.y > -20 &&
        out.x < screen.widthPx + 20 &&
        out.y < screen.heightPx + 20
      const transform = inView ? this.#settle(slot, label, out.x, out.y) : null
      if ((transform !== null) !== slot.shown) {
        slot.shown = transform !== null
        slot.root.hidden = !slot.shown
      }
      if (transform !== null) slot.root.style.transform = transform
    })
  }

  /** Takes the room to the right of the point, else to its left; null when neither is free. */
  #settle(slot: Slot, label: Label, x: number, y: number): string | null {
    if (slot.widthPx === 0) slot.widthPx = 7 * Math.max(label.text.length, 0.9 * label.detail.length) + 8
    const [dx, dy] = label.offset
    const top = Math.round(y + dy)
    const height = LINE_PX * (label.detail === '' ? 1 : 2)
    const right = Math.round(x + dx)
    if (this.#take(right, top, slot.widthPx, height, false)) return `translate(${right}px, ${top}px)`
    const left = Math.round(x - dx)
    if (label.bothSides && this.#take(left - slot.widthPx, top, slot.widthPx, height, false)) {
      return `translate(${left}px, ${top}px) translateX(-100%)`
    }
    if (!label.always) return null
    this.#take(right, top, slot.widthPx, height, true)
    return `translate(${right}px, ${top}px)`
  }

  /** Whether the room is free, or is taken by force; if so it is taken now. */
  #take(left: number, top: number, width: number, height: number, force: boolean): boolean {
    const [right, bottom] = [left + width, top + height]
    const covers = this.#taken.some(r => left < r.right && right > r.left && top < r.bottom && bottom > r.top)
    if (covers && !force) return false
    this.#taken.push({ left, top, right, bottom })
    return true
  }

  #add(): Slot {
    const text = make('b')
    const detail = make('span')
    const root = make('div', 'label', text, detail)
    root.hidden = true
    this.#layer.append(root)
    const slot = { root, text, detail, widthPx: 0, shown: false }
    this.#slots.push(slot)
    return slot
  }
}

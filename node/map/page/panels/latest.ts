import { byId, make, setClass, setText } from '../dom.ts'
import type { EventLog } from '../event-log.ts'
import { clock } from '../format.ts'
import type { State } from '../state.ts'
import { isAlarming, laneOf } from './event-colors.ts'

const SHOWN = 40

/** The newest events as a list, newest first. */
export class Latest {
  readonly #log: EventLog
  readonly #state: State
  readonly #list = byId('latest')
  #due = false

  constructor(log: EventLog, state: State) {
    this.#log = log
    this.#state = state
    log.onChange(() => {
      // A burst of events is one drawing.
      if (!this.#due) setTimeout(() => this.#draw(), 150)
      this.#due = true
    })
    this.#list.addEventListener('click', event => {
      const item = event.target instanceof Element ? event.target.closest<HTMLElement>('li') : null
      if (item?.dataset.subject) state.select(item.dataset.subject)
    })
  }

  #draw(): void {
    this.#due = false
    const newest = this.#log.events.slice(-SHOWN).reverse()
    while (this.#list.children.length > newest.length) this.#list.lastElementChild?.remove()
    newest.forEach((event, i) => {
      const item = (this.#list.children[i] ?? this.#add()) as HTMLElement
      const [time, type, subject] = item.children
      if (time === undefined || type === undefined || subject === undefined) return
      setText(time, clock(event.atMs))
      setText(type, event.type)
      setText(subject, this.#nameOf(event.subject))
      setClass(item, `${laneOf(event.type)}${isAlarming(event.type) ? ' alarm' : ''}`)
      item.dataset.subject = event.subject
    })
  }

  #nameOf(subject: string): string {
    if (subject === '') return ''
    const known = this.#state.find(subject)?.object.name
    if (known) return known
    return subject.length > 20 ? `…${subject.slice(-6)}` : subject
  }

  #add(): HTMLElement {
    return this.#list.appendChild(
      make('li', '', make('time'), make('b', 'event-type'), make('span', 'event-about')),
    )
  }
}

import { byId, make, setClass, setText } from '../dom.ts'
import type { EventLog, TimedEvent } from '../event-log.ts'
import { clock } from '../format.ts'
import type { State } from '../state.ts'
import { isAlarming, isRoutine, laneOf } from './event-colors.ts'

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
    const newest = newestOf(this.#log)
    while (this.#list.children.length > newest.length) this.#list.lastElementChild?.remove()
    newest.forEach((event, i) => {
      const item = (this.#list.children[i] ?? this.#add()) as HTMLElement
      const [time, type, subject] = item.children
      if (time === undefined || type === undefined || subject === undefined) return
      setText(time, clock(event.atMs))
      setText(type, event.type)
      setText(subject, [this.#nameOf(event.subject), detailOf(event)].filter(Boolean).join(' · '))
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

function newestOf({ events }: EventLog): TimedEvent[] {
  const newest: TimedEvent[] = []
  for (let i = events.length - 1; i >= 0 && newest.length < SHOWN; i--) {
    const event = events[i]
    if (event !== undefined && !isRoutine(event.type)) newest.push(event)
  }
  return newest
}

/** From what to what, or why, if the event says so. */
function detailOf({ record: { data } }: TimedEvent): string {
  if (typeof data.from === 'string' && typeof data.to === 'string') return `${data.from} → ${data.to}`
  return typeof data.why === 'string' ? data.why : ''
}

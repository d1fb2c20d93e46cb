import type { AgentId } from '../../../../src/ports.ts'
import { byId, make, setClass, setText } from '../dom.ts'
import { naturalKey } from '../format.ts'
import type { State } from '../state.ts'
import { type Column, columnsOf, matches, type Row, rowsOf } from './columns.ts'

const ROW_PX = 26
const SPARE_ROWS = 4
const UPDATE_EVERY_MS = 350

/**
 * The objects as a table: sorted, filtered, and only as many rows as fit in the document, however many objects
 * there are. The map's equal for whoever does not see it.
 */
export class Table {
  readonly #state: State
  readonly #scroll = byId('table-scroll')
  readonly #head = byId('table-head')
  readonly #body = byId('table-body')
  readonly #above = make('tr', 'spacer')
  readonly #below = make('tr', 'spacer')
  readonly #slots: HTMLTableRowElement[] = []
  #columns: readonly Column[] = []
  #rows: readonly Row[] = []
  #sort = { key: 'name', down: false }
  #filter = ''
  #updatedMs = 0

  constructor(state: State) {
    this.#state = state
    // Rows can be selected, which is more than a plain table says to assistive tools.
    byId('table').setAttribute('role', 'grid')
    this.#body.append(this.#above, this.#below)
    state.on('belief', () => this.#updateSoon())
    state.on('sources', () => this.#update())
    state.on('selection', () => this.#draw())
    this.#scroll.addEventListener('scroll', () => this.#draw(), { passive: true })
    new ResizeObserver(() => this.#draw()).observe(this.#scroll)
    this.#body.addEventListener('click', event => this.#clicked(event))
    this.#body.addEventListener('keydown', event => this.#pressed(event))
    const filter = byId<HTMLInputElement>('filter')
    filter.addEventListener('input', () => {
      this.#filter = filter.value.trim().toLowerCase()
      this.#update()
    })
    this.#update()
  }

  /** Selects the next or previous row in the order shown. */
  step(by: number): void {
    const at = this.#rows.findIndex(row => row.agent === this.#state.selected)
    const next = this.#rows[at === -1 ? 0 : Math.min(this.#rows.length - 1, Math.max(0, at + by))]
    if (next === undefined) return
    this.#state.select(next.agent)
    this.#reveal(next.agent)
  }

  /** Numbers that change five times a second are not read five times a second. */
  #updateSoon(): void {
    if (performance.now() - this.#updatedMs >= UPDATE_EVERY_MS) this.#update()
  }

  #update(): void {
    this.#updatedMs = performance.now()
    this.#useColumns(columnsOf(this.#state))
    const column = this.#columns.find(c => c.key === this.#sort.key) ?? this.#columns[0]
    const sign = this.#sort.down ? -1 : 1
    const rows = rowsOf(this.#state).filter(row => matches(row, this.#filter))
    if (column !== undefined) {
      const ask = column.value
      rows.sort((a, b) => sign * compare(ask(a), ask(b)) || compare(naturalKey(a.title), naturalKey(b.title)))
    }
    this.#rows = rows
    const total = this.#state.divergence?.differences.length ?? this.#state.belief?.placed.length ?? 0
    setText(byId('count'), rows.length === total ? String(total) : `${rows.length} of ${total}`)
    byId('table').setAttribute('aria-rowcount', String(rows.length + 1))
    this.#draw()
  }

  #useColumns(columns: readonly Column[]): void {
    if (columns === this.#columns) return
    this.#columns = columns
    if (!columns.some(c => c.key === this.#sort.key)) this.#sort = { key: 'name', down: false }
    for (const slot of this.#slots.splice(0)) slot.remove()
    this.#head.replaceChildren(
      ...columns.map(column => {
        const button = make('button', '', column.title)
        button.type = 'button'
        button.title = column.help
        button.addEventListener('click', () => this.#sortBy(column))
        return make('th', column.className, button)
      }),
    )
    this.#showSort()
  }

  #sortBy({ key, downFirst }: Column): void {
    this.#sort = { key, down: this.#sort.key === key ? !this.#sort.down : downFirst }
    this.#showSort()
    this.#update()
  }

  #showSort(): void {
    for (const [i, column] of this.#columns.entries()) {
      const sorted = column.key === this.#sort.key ? (this.#sort.down ? 'descending' : 'ascending') : 'none'
      this.#head.children[i]?.setAttribute('aria-sort', sorted)
    }
  }

  #draw(): void {
    const first = Math.max(0, Math.floor(this.#scroll.scrollTop / ROW_PX) - SPARE_ROWS)
    const fitting = Math.ceil(this.#scroll.clientHeight / ROW_PX) + 2 * SPARE_ROWS
    const rows = this.#rows.slice(first, first + fitting)
    while (this.#slots.length < rows.length) this.#addSlot()
    this.#slots.forEach((slot, i) => {
      const row = rows[i]
      slot.hidden = row === undefined
      if (row !== undefined) this.#fill(slot, row, first + i)
    })
    this.#above.style.height = `${first * ROW_PX}px`
    this.#below.style.height = `${Math.max(0, this.#rows.length - first - rows.length) * ROW_PX}px`
  }

  #addSlot(): void {
    const slot = make('tr', '', ...this.#columns.map(column => make('td', column.className)))
    slot.tabIndex = 0
    this.#slots.push(slot)
    this.#below.before(slot)
  }

  #fill(slot: HTMLTableRowElement, row: Row, index: number): void {
    slot.dataset.agent = row.agent
    slot.setAttribute('aria-rowindex', String(index + 2))
    const selected = row.agent === this.#state.selected
    slot.setAttribute('aria-selected', String(selected))
    const hovered = row.agent === this.#state.hovered ? ' hovered' : ''
    setClass(slot, `${row.className}${hovered}`)
    this.#columns.forEach((column, i) => {
      const cell = slot.cells[i]
      if (cell === undefined) return
      setText(cell, column.text(row))
      setClass(cell, `${column.className} ${column.level?.(row) ?? ''}`.trim())
    })
  }

  #clicked(event: MouseEvent): void {
    const agent = agentOf(event.target)
    if (agent !== null) this.#state.select(agent === this.#state.selected ? null : agent)
  }

  #pressed(event: KeyboardEvent): void {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const agent = agentOf(event.target)
    if (by === 0 && event.key !== 'Enter') return
    event.preventDefault()
    event.stopPropagation()
    if (by !== 0) this.step(by)
    else if (agent !== null) this.#state.select(agent)
  }

  /** Scrolls a row into view and moves the focus to it if the table has it. */
  #reveal(agent: AgentId): void {
    const index = this.#rows.findIndex(row => row.agent === agent)
    const top = index * ROW_PX
    const room = this.#scroll.clientHeight - 2 * ROW_PX
    if (top < this.#scroll.scrollTop) this.#scroll.scrollTop = top
    else if (top > this.#scroll.scrollTop + room) this.#scroll.scrollTop = top - room
    this.#draw()
    if (this.#body.contains(document.activeElement)) {
      this.#slots.find(slot => slot.dataset.agent === agent)?.focus({ preventScroll: true })
    }
  }
}

const agentOf = (target: EventTarget | null): AgentId | null =>
  (target instanceof Element ? target.closest<HTMLElement>('tr[data-agent]')?.dataset.agent : undefined) ??
  null

function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0
  // What is not known comes last when sorted upwards.
  if (a === null) return 1
  if (b === null) return -1
  return a < b ? -1 : 1
}

import type { AgentId } from '../../../../src/ports.ts'
import type { NodeStatus } from '../../../interface.ts'
import { byId, make, setClass, setText } from '../dom.ts'
import type { FeedState } from '../feed.ts'
import { ageLevel, duration, type Level, naturalKey, signed, title } from '../format.ts'
import type { State } from '../state.ts'

interface Pill {
  readonly label: string
  readonly value: string
  readonly level: Level
  readonly help: string
}

const SOURCES_EVERY_MS = 1000

/** Which node is looked through, how it is, and how the stream to it stands. */
export class TopBar {
  readonly #state: State
  readonly #as = byId<HTMLSelectElement>('as')
  readonly #versus = byId<HTMLSelectElement>('versus')
  readonly #pills = byId('pills')
  #feed: FeedState = { t: 'connecting' }
  #status: NodeStatus | null = null
  /** Every agent seen since the page was opened: one that is gone must stay selectable. */
  readonly #agents = new Map<AgentId, string>()

  constructor(state: State) {
    this.#state = state
    const look = () => state.look(this.#as.value || null, this.#versus.value || null)
    this.#as.addEventListener('change', look)
    this.#versus.addEventListener('change', look)
    for (const topic of ['belief', 'view', 'sources'] as const) state.on(topic, () => this.#draw())
    state.on('sources', () => this.#drawSources())
    setInterval(() => this.#drawSources(), SOURCES_EVERY_MS)
    this.#draw()
    this.#drawSources()
  }

  showFeed(feed: FeedState): void {
    this.#feed = feed
    this.#draw()
  }

  showStatus(status: NodeStatus): void {
    this.#status = status
    setText(byId('swarm'), status.swarm)
    setText(byId('log-of'), status.name)
    document.title = `${status.name} · ${status.swarm} · Skein`
    this.#agents.set(status.agent, status.name)
    this.#draw()
  }

  #draw(): void {
    this.#drawPills([this.#feedPill(), ...this.#healthPills()])
  }

  /** The agents to choose from. */
  #drawSources(): void {
    for (const belief of [this.#state.belief, this.#state.other]) {
      if (belief === null) continue
      const { self } = belief.frame
      this.#agents.set(self.agent, title(self))
      for (const { object } of belief.placed) this.#agents.set(object.agent, title(object))
    }
    const own = this.#status === null ? 'here' : `${this.#status.name} (here)`
    this.#fill(this.#as, [['', own], ...this.#choices(this.#status?.agent)], this.#state.as)
    this.#fill(
      this.#versus,
      [['', 'nobody'], ...this.#choices(this.#state.as ?? this.#status?.agent)],
      this.#state.versus,
    )
  }

  #choices(except: AgentId | undefined): [string, string][] {
    const entries = [...this.#agents].filter(([agent]) => agent !== except)
    return entries.sort((a, b) => (naturalKey(a[1]) < naturalKey(b[1]) ? -1 : 1))
  }

  #fill(select: HTMLSelectElement, choices: readonly [string, string][], value: AgentId | null): void {
    const wanted =
      value === null || choices.some(([agent]) => agent === value)
        ? choices
        : [...choices, [value, title({ agent: value, name: '' })] as const]
    const key = wanted.map(([agent, name]) => agent + name).join()
    // A list that is open must not be filled anew under the pointer.
    if (select.dataset.key !== key && document.activeElement !== select) {
      select.dataset.key = key
      select.replaceChildren(...wanted.map(([agent, name]) => new Option(name, agent)))
    }
    if (select.value !== (value ?? '')) select.value = value ?? ''
  }

  #feedPill(): Pill {
    if (this.#state.paused) {
      return { label: '', value: 'paused', level: 'fair', help: 'Space goes on' }
    }
    const feed = this.#feed
    if (feed.t === 'live') return { label: '', value: 'live', level: 'good', help: 'Frames arrive' }
    if (feed.t === 'connecting')
      return { label: '', value: 'connecting', level: 'fair', help: 'No frame yet' }
    return {
      label: '',
      value: 'no feed',
      level: 'bad',
      help: `${feed.reason}; next try in ${duration(feed.retryMs)}`,
    }
  }

  #healthPills(): Pill[] {
    const health = this.#state.belief?.frame.health
    if (health === undefined) return []
    const { worldModelAgeMs: ageMs, peersConnected, peersKnown } = health
    const pills: Pill[] = [
      {
        label: 'world model',
        value: ageMs === null ? 'alone' : duration(ageMs),
        level: ageMs === null ? 'none' : ageLevel(ageMs),
        help: 'Worst age of a neighbour this node relies on',
      },
      {
        label: 'peers',
        value: `${peersConnected}/${peersKnown}`,
        level: peersConnected === 0 ? 'bad' : peersConnected < peersKnown / 2 ? 'fair' : 'good',
        help: 'Connected, of those it knows',
      },
      {
        label: 'clock',
        value: health.clockTrusted ? signed(health.clockOffsetMs) : 'untrusted',
        level: health.clockTrusted ? 'good' : 'bad',
        help: `Offset from the swarm; bound ${duration(health.clockBoundMs)}`,
      },
      {
        label: 'log',
        value: health.logWhole ? String(health.logSeq) : 'quarantined',
        level: health.logWhole ? 'good' : 'bad',
        help: 'Events in its log, verified at start',
      },
    ]
    return [...this.#alarmPills(), ...pills]
  }

  /** What must not fall off the end of a narrow bar: failing checks, and whether two beliefs differ. */
  #alarmPills(): Pill[] {
    const failing = this.#status?.checks.filter(check => !check.ok) ?? []
    const pills = failing
      .slice(0, 2)
      .map((check): Pill => ({ label: check.name, value: 'failing', level: 'bad', help: check.detail }))
    const divergence = this.#state.divergence
    if (divergence === null) return pills
    const apart: Pill = {
      label: 'beliefs apart',
      value: `${divergence.notable}/${divergence.differences.length}`,
      level: divergence.notable === 0 ? 'good' : 'fair',
      help: 'Objects the two nodes believe to be in different places, or only one knows',
    }
    return [...pills, apart]
  }

  #drawPills(pills: readonly Pill[]): void {
    while (this.#pills.children.length > pills.length) this.#pills.lastElementChild?.remove()
    pills.forEach((pill, i) => {
      const element =
        this.#pills.children[i] ?? this.#pills.appendChild(make('span', '', make('i'), make('b')))
      setClass(element, `pill ${pill.level}`)
      const [label, value] = element.children
      if (label !== undefined) setText(label, pill.label)
      if (value !== undefined) setText(value, pill.value)
      if (element instanceof HTMLElement && element.title !== pill.help) element.title = pill.help
    })
  }
}

import { byId, make, setText } from '../dom.ts'
import type { Belief, Placed } from '../enu.ts'
import { groundSpeed } from '../enu.ts'
import { degrees, distance, duration, metres, percent, signed, stateOf, title } from '../format.ts'
import type { State } from '../state.ts'

type Fact = readonly [label: string, value: string]

/** All that is believed about the selected object; with nothing selected, about the node looked through. */
export class Inspector {
  readonly #state: State
  readonly #root = byId('inspector')
  readonly #title = make('h2')
  readonly #subtitle = make('p', 'subtitle')
  readonly #list = make('dl')

  constructor(state: State) {
    this.#state = state
    this.#root.append(this.#title, this.#subtitle, this.#list)
    for (const topic of ['belief', 'selection', 'sources'] as const) state.on(topic, () => this.#draw())
  }

  #draw(): void {
    const { belief, selected } = this.#state
    const placed = this.#state.find(selected)
    if (belief === null) {
      this.#show('Waiting', 'for the first frame of the node', [])
    } else if (selected === null) {
      this.#show(title(belief.frame.self), 'the node this map is seen through', nodeFacts(belief))
    } else if (placed === null) {
      this.#show(`…${selected.slice(-6)}`, 'not known any more', [['Agent', selected]])
    } else {
      const { object } = placed
      this.#show(title(object), `${object.kind} · ${stateOf(object)}`, this.#objectFacts(placed, belief))
    }
  }

  #objectFacts(placed: Placed, belief: Belief): Fact[] {
    const { object } = placed
    const self = belief.byAgent.get(belief.frame.self.agent)
    const facts: Fact[] = [
      ['Believed as', BELIEF_WORDS[object.belief]],
      ['Report age', duration(object.ageMs)],
      ['Within', `±${distance(object.uncertaintyHDm / 10)}, ↕ ${distance(object.uncertaintyVDm / 10)}`],
      ['Battery', percent(object.batteryPct)],
      ['Height', `${metres(placed.z)} over plane`],
      ['Altitude', `${(object.altMm / 1000).toFixed(1)} m W84`],
      ['Above take-off', object.heightDm === null ? '–' : `${(object.heightDm / 10).toFixed(1)} m`],
      ['Speed', `${groundSpeed(placed).toFixed(1)} m/s, ↑ ${(-object.vdCms / 100).toFixed(1)}`],
      ['Heading', object.headingCdeg === null ? '–' : `${Math.round(object.headingCdeg / 100)}°`],
      ['Position', `${degrees(object.latE7)}, ${degrees(object.lonE7)}`],
      ['Cell', object.cell === '' ? '–' : object.cell],
      ['Report', `boot ${object.boot}, seq ${object.seq}`],
      ['Heard by', heardBy(belief, placed)],
    ]
    if (self !== undefined && self !== placed) {
      const away = Math.hypot(placed.x - self.x, placed.y - self.y, placed.z - self.z)
      facts.splice(3, 0, ['Away', distance(away)])
    }
    return [...this.#differenceFacts(placed), ...facts, ['Agent', object.agent]]
  }

  #differenceFacts(placed: Placed): Fact[] {
    const difference = this.#state.divergence?.byAgent.get(placed.object.agent)
    const other = this.#state.other?.frame.self
    if (difference === undefined || other === undefined) return []
    if (difference.a === null) return [['Known only to', title(other)]]
    if (difference.b === null) return [['Not known to', title(other)]]
    return [
      [`Apart from ${title(other)}`, distance(difference.distanceM)],
      ['Its report', `${signed(difference.ageGapMs)} older`],
    ]
  }

  #show(heading: string, subtitle: string, facts: readonly Fact[]): void {
    setText(this.#title, heading)
    setText(this.#subtitle, subtitle)
    while (this.#list.children.length > 2 * facts.length) this.#list.lastElementChild?.remove()
    facts.forEach(([label, value], i) => {
      if (this.#list.children[2 * i] === undefined) this.#list.append(make('dt'), make('dd'))
      const [term, definition] = [this.#list.children[2 * i], this.#list.children[2 * i + 1]]
      if (term !== undefined) setText(term, label)
      if (definition !== undefined) setText(definition, value)
    })
  }
}

const BELIEF_WORDS = {
  self: 'its own sensors',
  point: 'a point, fresh',
  volume: 'a volume: not heard of',
} as const

function nodeFacts({ frame, placed }: Belief): Fact[] {
  const { health, self } = frame
  const lost = placed.filter(p => p.object.belief === 'volume').length
  return [
    ['Role', self.role],
    [
      'World model',
      health.worldModelAgeMs === null ? 'relies on nobody' : `${duration(health.worldModelAgeMs)} old`,
    ],
    ['Peers', `${health.peersConnected} connected of ${health.peersKnown}`],
    ['Objects', lost === 0 ? String(placed.length) : `${placed.length}, ${lost} lost`],
    ['Cells', `${frame.cells.length} listened to`],
    ['Clock', health.clockTrusted ? `trusted, ±${duration(health.clockBoundMs)}` : 'not trusted'],
    ['Clock offset', signed(health.clockOffsetMs)],
    ['Log', `${health.logSeq} events, ${health.logWhole ? 'whole' : 'quarantined'}`],
    ['Agent', self.agent],
  ]
}

function heardBy({ frame, placed }: Belief, of: Placed): string {
  const names = frame.links.flatMap(link => {
    const [a, b] = [placed[link.a], placed[link.b]]
    const other = a === of ? b : b === of ? a : undefined
    if (other === undefined) return []
    const rtt = link.rttMs === null ? '' : ` ${link.rttMs} ms`
    return `${title(other.object)}${rtt}${link.path === 'relayed' ? ' (relayed)' : ''}`
  })
  if (names.length === 0) return '–'
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
}

import type { MapFrame } from '../../../protocols/map/frame.ts'
import type { AgentId } from '../../../src/ports.ts'
import { type Divergence, diverge } from './divergence.ts'
import { type Belief, type Placed, type Projection, placeFrame, projectionAt } from './enu.ts'

export const LAYERS = ['links', 'trails', 'cells', 'labels', 'base'] as const
export type Layer = (typeof LAYERS)[number]

/** How much taller heights are drawn than they are. */
const HEIGHT_SCALES: readonly number[] = [1, 2, 4]

type Topic = 'belief' | 'selection' | 'view' | 'sources'

/**
 * All the page knows, and who wants to hear of changes: `belief` = a frame came, `selection` = something was
 * picked, `view` = a layer, the height scale or the pause changed, `sources` = another node is looked through.
 */
export interface State {
  /** Fixed by the first frame that came, so that changing the node does not move the ground. */
  readonly projection: Projection | null
  /** Whose belief is drawn; null = the node that serves the page. */
  readonly as: AgentId | null
  /** Whose belief it is compared with. */
  readonly versus: AgentId | null
  readonly belief: Belief | null
  readonly other: Belief | null
  readonly divergence: Divergence | null
  readonly selected: AgentId | null
  readonly hovered: AgentId | null
  readonly layers: ReadonlySet<Layer>
  readonly heightScale: number
  readonly paused: boolean

  on(topic: Topic, listener: () => void): void
  take(side: 'a' | 'b', frame: MapFrame): void
  look(as: AgentId | null, versus: AgentId | null): void
  select(agent: AgentId | null): void
  hover(agent: AgentId | null): void
  toggle(layer: Layer): void
  nextHeightScale(): void
  togglePause(): void
  /** The selected object as the shown belief has it, or, if only the other node knows it, as that one has it. */
  find(agent: AgentId | null): Placed | null
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export function createState(as: AgentId | null, versus: AgentId | null): State {
  const listeners: Record<Topic, (() => void)[]> = { belief: [], selection: [], view: [], sources: [] }
  const tell = (topic: Topic): void => {
    for (const listener of listeners[topic]) listener()
  }
  const compare = (): void => {
    state.divergence =
      state.belief === null || state.other === null ? null : diverge(state.belief, state.other)
  }

  const state: Mutable<State> = {
    projection: null,
    as,
    versus,
    belief: null,
    other: null,
    divergence: null,
    selected: null,
    hovered: null,
    layers: new Set(LAYERS),
    heightScale: 1,
    paused: false,

    on(topic, listener) {
      listeners[topic].push(listener)
    },
    take(side, frame) {
      if (state.paused) return
      const projection = state.projection ?? projectionAt(frame.origin)
      // A node that knows of nobody yet has no place either: the plane is fixed with the first object.
      if (frame.objects.length > 0) state.projection = projection
      const belief = placeFrame(frame, projection, performance.now())
      if (side === 'a') state.belief = belief
      else state.other = belief
      // Two streams bring frames in turn; their difference is made once for each pair.
      if (side === 'a' || state.divergence === null) compare()
      tell('belief')
    },
    look(nextAs, nextVersus) {
      if (nextAs !== state.as) state.belief = null
      if (nextVersus !== state.versus) state.other = null
      state.as = nextAs
      state.versus = nextVersus
      state.paused = false
      compare()
      tell('sources')
      tell('belief')
    },
    select(agent) {
      if (agent === state.selected) return
      state.selected = agent
      tell('selection')
    },
    hover(agent) {
      if (agent === state.hovered) return
      state.hovered = agent
      tell('selection')
    },
    toggle(layer) {
      const layers = new Set(state.layers)
      if (!layers.delete(layer)) layers.add(layer)
      state.layers = layers
      tell('view')
    },
    nextHeightScale() {
      const next = HEIGHT_SCALES.indexOf(state.heightScale) + 1
      state.heightScale = HEIGHT_SCALES[next % HEIGHT_SCALES.length] ?? 1
      tell('view')
    },
    togglePause() {
      state.paused = !state.paused
      tell('view')
    },
    find(agent) {
      if (agent === null) return null
      return state.belief?.byAgent.get(agent) ?? state.other?.byAgent.get(agent) ?? null
    },
  }
  return state
}

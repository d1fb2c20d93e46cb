import { Group } from 'three'
import type { AgentId } from '../../../../src/ports.ts'
import type { Difference } from '../divergence.ts'
import type { Belief, Placed } from '../enu.ts'
import type { State } from '../state.ts'
import { Glyphs } from './glyphs.ts'
import { isDart, lookOf } from './looks.ts'
import { PALETTE } from './palette.ts'
import { Segments } from './segments.ts'
import { Trails } from './trails.ts'
import type { ViewUniforms } from './view-uniforms.ts'
import { Volumes } from './volumes.ts'

/** More objects than this are drawn smaller. */
const CROWD = 150

/** Everything that moves: objects, volumes, trails, links, and the second belief when two are compared. */
export class Objects {
  readonly group = new Group()
  readonly trails = new Trails()
  readonly #darts: Glyphs
  readonly #diamonds: Glyphs
  readonly #others: Glyphs
  readonly #volumes: Volumes
  readonly #links: Segments
  readonly #gaps: Segments
  #as: AgentId | null = null

  constructor(uniforms: ViewUniforms) {
    this.#darts = new Glyphs('dart', uniforms)
    this.#diamonds = new Glyphs('diamond', uniforms)
    this.#others = new Glyphs('dart', uniforms)
    this.#volumes = new Volumes(uniforms)
    this.#links = new Segments(uniforms, 3)
    this.#gaps = new Segments(uniforms, 5)
    const drawn = [this.#darts, this.#diamonds, this.#others, this.#volumes].map(d => d.group)
    this.group.add(this.trails.object, this.#links.object, this.#gaps.object, ...drawn)
  }

  update(state: State): void {
    const { belief, divergence, layers } = state
    const placed = belief?.placed ?? []
    const chosen = (p: Placed) => p.object.agent === state.selected || p.object.agent === state.hovered
    const crowd = placed.length > CROWD
    const look = (p: Placed) => lookOf(p, chosen(p), crowd)
    this.#darts.update(placed.filter(isDart), look)
    this.#diamonds.update(
      placed.filter(p => !isDart(p)),
      look,
    )
    this.#volumes.update(placed)
    this.#links.object.visible = layers.has('links')
    this.trails.object.visible = layers.has('trails')
    if (belief !== null) {
      this.#updateTrails(belief, state.selected)
      if (layers.has('links')) this.#links.update(linksOf(belief))
    }
    this.#updateDivergence(divergence?.differences ?? [])
  }

  #updateTrails(belief: Belief, selected: AgentId | null): void {
    const { self, atMs } = belief.frame
    if (self.agent !== this.#as) this.trails.clear()
    this.#as = self.agent
    this.trails.update(belief.placed, atMs, self.agent, selected)
  }

  #updateDivergence(differences: readonly Difference[]): void {
    const notable = differences.filter(d => d.notable)
    this.#others.update(
      notable.flatMap(d => d.b ?? []),
      p => ({ color: PALETTE.other, alpha: p.object.belief === 'volume' ? 0.4 : 0.85, sizePx: 9 }),
    )
    this.#gaps.update(
      notable.flatMap(({ a, b }) =>
        a === null || b === null ? [] : [{ from: a, to: b, color: PALETTE.other, alpha: 0.9, dashed: false }],
      ),
    )
  }
}

function linksOf({ frame, placed }: Belief) {
  return frame.links.flatMap(link => {
    const from = placed[link.a]
    const to = placed[link.b]
    if (from === undefined || to === undefined) return []
    const relayed = link.path === 'relayed'
    const color = relayed ? PALETTE.linkRelayed : link.mesh ? PALETTE.linkMesh : PALETTE.linkDirect
    return [{ from, to, color, alpha: link.mesh ? 0.55 : 0.32, dashed: relayed }]
  })
}

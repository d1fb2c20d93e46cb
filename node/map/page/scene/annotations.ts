import type { Placed } from '../enu.ts'
import { distance, metres, percent, title } from '../format.ts'
import type { State } from '../state.ts'
import type { PlaceName } from './base-map.ts'
import { niceStep } from './grid.ts'
import type { Label } from './labels.ts'

/** With more objects than this only those that were picked out, and the node itself, have a name. */
const NAMED_MAX = 24

/** The texts of the scene in order of importance: picked out, the node itself, the others, places, heights. */
export function annotate(state: State, places: readonly PlaceName[]): Label[] {
  const { belief, layers } = state
  if (belief === null) return []
  const chosen = [state.selected, state.hovered].flatMap(agent => state.find(agent) ?? [])
  const labels = [...new Set(chosen)].map(p => nameOf(p, state, 'chosen', true))
  const others = belief.placed.length <= NAMED_MAX ? belief.placed : []
  const self = belief.byAgent.get(belief.frame.self.agent)
  if (layers.has('labels')) {
    for (const p of self === undefined ? others : [self, ...others.filter(o => o !== self)]) {
      if (!chosen.includes(p)) labels.push(nameOf(p, state, p === self ? 'self' : '', false))
    }
  }
  const measured = state.find(state.selected) ?? self
  if (measured !== undefined) labels.push(...ruler(measured))
  if (layers.has('base')) labels.push(...places.map(placeName))
  return labels
}

function nameOf(p: Placed, state: State, className: string, always: boolean): Label {
  const { object } = p
  const difference = state.divergence?.byAgent.get(object.agent)
  const lost = object.belief === 'volume'
  const detail = difference?.notable
    ? difference.distanceM === null
      ? difference.a === null
        ? 'not known here'
        : 'not known there'
      : `Δ ${distance(difference.distanceM)}`
    : lost
      ? `lost ±${distance(object.uncertaintyHDm / 10)}`
      : `${metres(p.z)} · ${percent(object.batteryPct)}`
  return {
    at: p,
    text: title(object),
    detail,
    className: `${className}${lost ? ' lost' : ''}${difference?.notable ? ' apart' : ''}`,
    offset: [14, -9],
    bothSides: true,
    always,
  }
}

/** Ticks along the drop line of the object the eye is on: heights above the ground plane. */
function ruler(p: Placed): Label[] {
  if (p.z < 5) return []
  const step = niceStep(Math.max(10, p.z / 2.5))
  const ticks: Label[] = []
  for (let z = 0; z < p.z - step / 4; z += step) {
    ticks.push({
      at: { ...p, z, vz: 0 },
      text: z === 0 ? 'ground' : `${z} m`,
      detail: '',
      className: 'tick',
      offset: [1, -8],
      bothSides: false,
      always: false,
    })
  }
  return ticks
}

const placeName = ({ name, x, y }: PlaceName): Label => ({
  at: { x, y, z: 0, vx: 0, vy: 0, vz: 0 },
  text: name,
  detail: '',
  className: 'place',
  offset: [6, -8],
  bothSides: false,
  always: false,
})

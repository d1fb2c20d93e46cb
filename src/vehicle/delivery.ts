import type { Random } from '../ports.ts'
import type { MultirotorCommand } from './guidance.ts'
import {
  batteryPct,
  chargeMultirotor,
  createMultirotor,
  type MultirotorSpec,
  type MultirotorState,
  stepMultirotor,
} from './multirotor.ts'
import { type Route, reverseRoute, type Waypoint } from './route.ts'

/** A delivery that is flown again and again: from the base along the route, down, and the same way back. */
export interface DeliveryPlan {
  /** The ground at the base. */
  readonly base: Waypoint
  /** The way there, in the air. */
  readonly route: Route
  /** The ground where the route ends; null = nothing to land on: it waits in the air. */
  readonly drop: Waypoint | null
  /** Pause at either end. */
  readonly waitS: number
  /** With less in the battery, the base charges it full before the next flight. */
  readonly rechargeBelowPct: number
}

type Leg = 'out' | 'back'

type Stage =
  /** Not flying a leg; `next` begins when `leftS` is over and nothing is charging. */
  | { readonly t: 'wait'; readonly next: Leg; readonly leftS: number; readonly charging: boolean }
  | { readonly t: 'leg'; readonly leg: Leg }
  /** Somebody gave it another order: from then on it follows only orders. */
  | { readonly t: 'manual' }

export interface DeliveryState {
  readonly plan: DeliveryPlan
  readonly vehicle: MultirotorState
  readonly stage: Stage
}

const FULL_PCT = 100

/** A vehicle at the base with a full battery, that takes off after `startAfterS`. */
export function createDelivery(plan: DeliveryPlan, spec: MultirotorSpec, startAfterS = 0): DeliveryState {
  const vehicle = createMultirotor(spec, plan.base)
  return { plan, vehicle, stage: { t: 'wait', next: 'out', leftS: startAfterS, charging: false } }
}

/** The delivery `dtS` seconds later. */
export function stepDelivery(state: DeliveryState, dtS: number, random: Random): DeliveryState {
  const { stage } = state
  if (stage.t === 'manual') return advance(state, stage, null, dtS, random)
  if (stage.t === 'wait') return stepWait(state, stage, dtS, random)
  const { plan, vehicle } = state
  if (vehicle.phase === 'ground') return { ...state, stage: waitAfter(state, stage.leg) }
  if (vehicle.phase !== 'hover') return advance(state, stage, null, dtS, random)
  const end = stage.leg === 'out' ? plan.drop : plan.base
  if (!end) return { ...state, stage: waitAfter(state, stage.leg) }
  return advance(state, stage, { t: 'land', groundAltMm: end.altMm }, dtS, random)
}

/** Gives the vehicle an order of its own; the delivery is not taken up again. */
export function commandDelivery(
  state: DeliveryState,
  command: MultirotorCommand,
  random: Random,
): DeliveryState {
  return advance(state, { t: 'manual' }, command, 0, random)
}

function stepWait(
  state: DeliveryState,
  stage: Extract<Stage, { t: 'wait' }>,
  dtS: number,
  random: Random,
): DeliveryState {
  const leftS = Math.max(0, stage.leftS - dtS)
  if (stage.charging) {
    const vehicle = chargeMultirotor(state.vehicle, dtS)
    return { ...state, vehicle, stage: { ...stage, leftS, charging: batteryPct(vehicle) < FULL_PCT } }
  }
  if (leftS > 0) return advance(state, { ...stage, leftS }, null, dtS, random)
  const { route } = state.plan
  const way = stage.next === 'out' ? route : reverseRoute(route)
  return advance(state, { t: 'leg', leg: stage.next }, { t: 'route', route: way }, dtS, random)
}

/** After a landing on an empty battery, wherever that is, somebody comes with a full one. */
function waitAfter({ plan, vehicle }: DeliveryState, leg: Leg): Stage {
  if (vehicle.emergency) return { t: 'wait', next: leg, leftS: plan.waitS, charging: true }
  const charging = leg === 'back' && batteryPct(vehicle) < plan.rechargeBelowPct
  return { t: 'wait', next: leg === 'out' ? 'back' : 'out', leftS: plan.waitS, charging }
}

function advance(
  state: DeliveryState,
  stage: Stage,
  command: MultirotorCommand | null,
  dtS: number,
  random: Random,
): DeliveryState {
  return { ...state, stage, vehicle: stepMultirotor(state.vehicle, command, dtS, random) }
}

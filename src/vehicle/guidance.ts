import { type Enu, toEnu } from '../geo/enu.ts'
import type { MultirotorPhase, MultirotorState } from './multirotor.ts'
import type { Route, Waypoint } from './route.ts'

/** What a multirotor can be told to do. */
export type MultirotorCommand =
  | { readonly t: 'goto'; readonly to: Waypoint; readonly speedMps: number }
  | { readonly t: 'route'; readonly route: Route }
  | { readonly t: 'hold' }
  /** Back over home, then land there. */
  | { readonly t: 'return' }
  /** Straight down. `groundAltMm`: the ground below (W84); unknown = as high as home. */
  | { readonly t: 'land'; readonly groundAltMm?: number }
  /** Motors off, wherever it is, and they stay off. */
  | { readonly t: 'kill' }

/** The order being flown, in metres from home. */
export type Guidance =
  | { readonly t: 'parked' }
  | {
      readonly t: 'follow'
      readonly waypoints: readonly Enu[]
      readonly speedMps: number
      readonly home: boolean
    }
  | { readonly t: 'hold'; readonly at: Enu }
  | { readonly t: 'land'; readonly at: Enu; readonly groundUpM: number }
  /** The motors are off for good: it falls, or lies. */
  | { readonly t: 'dead' }

interface Guided {
  readonly guidance: Guidance
  readonly phase: MultirotorPhase
  /** The velocity over ground that would be best; the vehicle does what it can. */
  readonly wanted: Enu
}

/** A route starts with a climb to at least this height above the place of take-off. */
const TAKEOFF_MIN_M = 5
/** A turn begins this close to its waypoint; the last waypoint is reached this close to it. */
const TURN_RADIUS_M = 6
const REACHED_M = 0.5
/** Below this height a landing slows down. */
const FLARE_M = 6
const TOUCHDOWN_MPS = 0.8
const RETURN_HEIGHT_M = 40
const POSITION_GAIN_PER_S = 0.7
const STILL: Enu = { eastM: 0, northM: 0, upM: 0 }

/** The state with a new order; unchanged if it can't be obeyed. */
export function obey(state: MultirotorState, command: MultirotorCommand): MultirotorState {
  if (state.guidance.t === 'dead') return state
  if (command.t === 'kill') return { ...state, guidance: { t: 'dead' } }
  if (state.emergency) return state
  const { position, spec, phase } = state
  if (phase === 'ground') {
    const flat = state.energyWh * 100 <= spec.battery.criticalPct * spec.battery.capacityWh
    if (flat || command.t === 'hold' || command.t === 'land') return state
  }
  switch (command.t) {
    case 'goto':
      return follow(state, [toEnu(state.origin, command.to)], command.speedMps, false)
    case 'route': {
      const { waypoints, speedMps } = command.route
      return follow(
        state,
        waypoints.map(waypoint => toEnu(state.origin, waypoint)),
        speedMps,
        false,
      )
    }
    case 'return': {
      const overHome = { ...STILL, upM: Math.max(position.upM, RETURN_HEIGHT_M) }
      return follow(state, [overHome], spec.maxSpeedMps, true)
    }
    case 'hold':
      return { ...state, guidance: { t: 'hold', at: position } }
    case 'land': {
      const { groundAltMm } = command
      const groundUpM = groundAltMm === undefined ? 0 : (groundAltMm - state.origin.altMm) / 1000
      return { ...state, guidance: { t: 'land', at: position, groundUpM } }
    }
  }
}

/** From the ground a route begins straight up, in the air straight on. */
function follow(
  state: MultirotorState,
  waypoints: readonly Enu[],
  speedMps: number,
  home: boolean,
): MultirotorState {
  const [first] = waypoints
  if (!first) return state
  if (state.phase !== 'ground') return { ...state, guidance: { t: 'follow', waypoints, speedMps, home } }
  const upM = Math.max(first.upM, state.position.upM + TAKEOFF_MIN_M)
  const climb = { ...state.position, upM }
  return {
    ...state,
    phase: 'takeoff',
    guidance: { t: 'follow', waypoints: [climb, ...waypoints], speedMps, home },
  }
}

/** What to do now: the order, simplified by what is done already, the phase, and the velocity to aim for. */
export function guide(state: MultirotorState): Guided {
  const { guidance, position } = state
  switch (guidance.t) {
    case 'parked':
      return { guidance, phase: 'ground', wanted: STILL }
    case 'dead':
      return { guidance, phase: state.phase === 'ground' ? 'ground' : 'fall', wanted: STILL }
    case 'hold':
      return { guidance, phase: 'hover', wanted: towards(state, guidance.at, state.spec.maxSpeedMps) }
    case 'land':
      return land(state, guidance)
    case 'follow': {
      const { waypoints, home } = guidance
      const [target, ...others] = waypoints
      if (!target) return { guidance: { t: 'hold', at: position }, phase: 'hover', wanted: STILL }
      if (!reached(state, target, others.length === 0)) {
        const phase = state.phase === 'takeoff' ? 'takeoff' : home ? 'return' : 'cruise'
        return { guidance, phase, wanted: along(state, target, others.length === 0, guidance.speedMps) }
      }
      const phase = home ? 'return' : 'cruise'
      if (others.length > 0) return guide({ ...state, phase, guidance: { ...guidance, waypoints: others } })
      return guide({
        ...state,
        guidance: home ? { t: 'land', at: target, groundUpM: 0 } : { t: 'hold', at: target },
      })
    }
  }
}

function land(state: MultirotorState, guidance: Extract<Guidance, { t: 'land' }>): Guided {
  const heightM = state.position.upM - guidance.groundUpM
  if (heightM <= 0) return { guidance: { t: 'parked' }, phase: 'ground', wanted: STILL }
  const { maxDescentMps, maxSpeedMps } = state.spec
  const sinkMps = heightM < FLARE_M ? TOUCHDOWN_MPS : maxDescentMps
  const sideways = towards(state, guidance.at, maxSpeedMps)
  return { guidance, phase: 'land', wanted: { ...sideways, upM: -sinkMps } }
}

function reached(state: MultirotorState, target: Enu, last: boolean): boolean {
  const { position, phase } = state
  const acrossM = Math.hypot(target.eastM - position.eastM, target.northM - position.northM)
  const upM = Math.abs(target.upM - position.upM)
  if (phase === 'takeoff') return upM < TURN_RADIUS_M / 2
  if (last) return Math.hypot(acrossM, upM) < REACHED_M
  return acrossM < TURN_RADIUS_M && upM < TURN_RADIUS_M
}

/** The way to a waypoint: at most `speedMps`, climbing so as to arrive in height and place together. */
function along(state: MultirotorState, target: Enu, last: boolean, speedMps: number): Enu {
  const direct = towards(state, target, speedMps)
  if (last) return direct
  const east = target.eastM - state.position.eastM
  const north = target.northM - state.position.northM
  const acrossM = Math.hypot(east, north)
  if (acrossM < TURN_RADIUS_M) return direct
  const upM = ((target.upM - state.position.upM) * speedMps) / acrossM
  return { eastM: (east / acrossM) * speedMps, northM: (north / acrossM) * speedMps, upM }
}

/** Straight at a point, slowing down in time to stop there. */
function towards(state: MultirotorState, target: Enu, speedMps: number): Enu {
  const { position, spec } = state
  const east = target.eastM - position.eastM
  const north = target.northM - position.northM
  const acrossM = Math.hypot(east, north)
  const speed = stoppingSpeed(spec.accelMps2, acrossM, speedMps)
  const share = acrossM === 0 ? 0 : speed / acrossM
  const up = target.upM - position.upM
  const climb = Math.sign(up) * stoppingSpeed(spec.accelMps2, Math.abs(up), Number.POSITIVE_INFINITY)
  return { eastM: east * share, northM: north * share, upM: climb }
}

/** The speed from which half the acceleration still stops within the distance, and gently at the end. */
function stoppingSpeed(accelMps2: number, distanceM: number, mostMps: number): number {
  return Math.min(mostMps, Math.sqrt(accelMps2 * distanceM), distanceM * POSITION_GAIN_PER_S)
}

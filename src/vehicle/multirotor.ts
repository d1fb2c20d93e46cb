import { type Enu, type EnuOrigin, enuOrigin, fromEnu } from '../geo/enu.ts'
import type { Random } from '../ports.ts'
import type { VehicleFix } from '../position/position.ts'
import { type BatterySpec, drain, flightPowerW } from './battery.ts'
import { type Guidance, guide, type MultirotorCommand, obey } from './guidance.ts'
import type { Waypoint } from './route.ts'

export interface MultirotorSpec {
  /** Greatest horizontal airspeed. */
  readonly maxSpeedMps: number
  readonly maxClimbMps: number
  readonly maxDescentMps: number
  /** Greatest change of velocity, horizontally and vertically each. */
  readonly accelMps2: number
  readonly battery: BatterySpec
  /** Where the air goes, m/s. */
  readonly wind: { readonly eastMps: number; readonly northMps: number }
  /** Standard deviation of the gusts in each horizontal direction, and how long one lasts. */
  readonly gust: { readonly sigmaMps: number; readonly timeS: number }
}

/** A 5 kg delivery quadcopter: about 15 minutes in the air. */
export const DELIVERY_MULTIROTOR: MultirotorSpec = {
  maxSpeedMps: 20,
  maxClimbMps: 4,
  maxDescentMps: 3,
  accelMps2: 3,
  battery: {
    capacityWh: 200,
    hoverW: 600,
    dragWPerMps3: 0.12,
    climbWPerMps: 49,
    chargeW: 2_000,
    criticalPct: 8,
  },
  wind: { eastMps: 0, northMps: 0 },
  gust: { sigmaMps: 0, timeS: 3 },
}

export type MultirotorPhase = 'ground' | 'takeoff' | 'cruise' | 'hover' | 'return' | 'land' | 'fall'

/** Everything the model knows: a plain value, so it can be copied, compared and kept. */
export interface MultirotorState {
  readonly spec: MultirotorSpec
  /** Where it stood at the beginning: home, on the ground. */
  readonly origin: EnuOrigin
  readonly position: Enu
  /** Over ground, without the gusts. */
  readonly velocity: Enu
  /** What gusts add to the velocity before the autopilot answers. */
  readonly gust: { readonly eastM: number; readonly northM: number }
  /** Clockwise from north. */
  readonly headingRad: number
  readonly energyWh: number
  readonly phase: MultirotorPhase
  /** Landing because the battery is nearly empty: no command is obeyed any more. */
  readonly emergency: boolean
  readonly guidance: Guidance
}

/** Longest step of the integration; longer ones are split. */
const STEP_MAX_S = 0.1
const CALL_MAX_S = 60
const TURN_MIN_MPS = 0.5
const GRAVITY_MPS2 = 9.81
/** A quadcopter that tumbles, about. */
const FALL_MAX_MPS = 25
const STILL: Enu = { eastM: 0, northM: 0, upM: 0 }

/** A multirotor on the ground at `start` (the ground there, W84), full battery. */
export function createMultirotor(spec: MultirotorSpec, start: Waypoint): MultirotorState {
  return {
    spec,
    origin: enuOrigin(start.latE7, start.lonE7, start.altMm),
    position: STILL,
    velocity: STILL,
    gust: { eastM: 0, northM: 0 },
    headingRad: 0,
    energyWh: spec.battery.capacityWh,
    phase: 'ground',
    emergency: false,
    guidance: { t: 'parked' },
  }
}

/**
 * The state `dtS` (0..60 s) later. `command`: a new order, or null to carry on with the last one; one that can't
 * be obeyed (landing on an empty battery, taking off with one) is ignored. The same state, command, step and
 * random stream always give the same result.
 */
export function stepMultirotor(
  state: MultirotorState,
  command: MultirotorCommand | null,
  dtS: number,
  random: Random,
): MultirotorState {
  if (!(dtS >= 0 && dtS <= CALL_MAX_S)) throw new RangeError(`a step takes 0 to ${CALL_MAX_S} s, not ${dtS}`)
  let next = command === null ? state : obey(state, command)
  const steps = Math.ceil(dtS / STEP_MAX_S)
  for (let i = 0; i < steps; i++) next = fly(next, dtS / steps, random)
  return next
}

/** The state after `dtS` seconds at a charger. Charges only on the ground; a full battery ends an emergency. */
export function chargeMultirotor(state: MultirotorState, dtS: number): MultirotorState {
  if (state.phase !== 'ground') return state
  const { battery } = state.spec
  const energyWh = drain(battery, state.energyWh, -battery.chargeW, dtS)
  return { ...state, energyWh, emergency: state.emergency && energyWh < battery.capacityWh }
}

export const batteryPct = ({ energyWh, spec }: MultirotorState): number =>
  (energyWh / spec.battery.capacityWh) * 100

/** What such a vehicle says of itself. Height counts from home. */
export function multirotorFix(state: MultirotorState): VehicleFix {
  const { position, velocity, gust, phase, emergency, origin } = state
  const airborne = phase !== 'ground'
  const cms = (mps: number): number => Math.round(mps * 100) + 0
  return {
    ...fromEnu(origin, position),
    heightDm: Math.round(position.upM * 10) + 0,
    vnCms: cms(velocity.northM + gust.northM),
    veCms: cms(velocity.eastM + gust.eastM),
    vdCms: cms(-velocity.upM),
    headingCdeg: Math.round((state.headingRad * 18_000) / Math.PI) % 36_000,
    accHDm: 10,
    accVDm: 15,
    status: emergency || phase === 'fall' ? 'Emergency' : airborne ? 'Airborne' : 'Ground',
    batteryPct: Math.round(batteryPct(state)),
  }
}

function fly(state: MultirotorState, dtS: number, random: Random): MultirotorState {
  if (state.guidance.t === 'dead') return fall(state, dtS)
  if (state.phase === 'ground' && state.guidance.t === 'parked') return state
  const endangered = landIfCritical(state)
  const { guidance, phase, wanted } = guide(endangered)
  if (phase === 'ground')
    return { ...endangered, guidance, phase, velocity: STILL, gust: { eastM: 0, northM: 0 } }

  const { spec } = endangered
  const gust = nextGust(spec, endangered.gust, dtS, random)
  const velocity = accelerate(spec, endangered.velocity, withinAirspeed(spec, withinClimb(spec, wanted)), dtS)
  const before = endangered.position
  const position = {
    eastM: before.eastM + (velocity.eastM + gust.eastM) * dtS,
    northM: before.northM + (velocity.northM + gust.northM) * dtS,
    upM: before.upM + velocity.upM * dtS,
  }
  const airspeedMps = Math.hypot(velocity.eastM - spec.wind.eastMps, velocity.northM - spec.wind.northMps)
  const powerW = flightPowerW(spec.battery, airspeedMps, velocity.upM)
  return {
    ...endangered,
    guidance,
    phase,
    position,
    velocity,
    gust,
    headingRad: headingOf(velocity) ?? endangered.headingRad,
    energyWh: drain(spec.battery, endangered.energyWh, powerW, dtS),
  }
}

/** With its motors off: down, ever faster up to what the air allows, to ground as high as home. */
function fall(state: MultirotorState, dtS: number): MultirotorState {
  const { position, velocity } = state
  const gust = { eastM: 0, northM: 0 }
  const upM = position.upM + velocity.upM * dtS
  if (state.phase === 'ground' || upM <= 0) {
    const lying = { ...position, upM: state.phase === 'ground' ? position.upM : 0 }
    return { ...state, phase: 'ground', position: lying, velocity: STILL, gust }
  }
  return {
    ...state,
    phase: 'fall',
    position: {
      eastM: position.eastM + velocity.eastM * dtS,
      northM: position.northM + velocity.northM * dtS,
      upM,
    },
    velocity: { ...velocity, upM: Math.max(velocity.upM - GRAVITY_MPS2 * dtS, -FALL_MAX_MPS) },
    gust,
  }
}

function landIfCritical(state: MultirotorState): MultirotorState {
  if (state.emergency || state.phase === 'ground') return state
  if (batteryPct(state) > state.spec.battery.criticalPct) return state
  return { ...obey(state, { t: 'land' }), emergency: true }
}

function withinClimb({ maxClimbMps, maxDescentMps }: MultirotorSpec, wanted: Enu): Enu {
  return { ...wanted, upM: Math.min(Math.max(wanted.upM, -maxDescentMps), maxClimbMps) }
}

/** What the rotors can do against this wind: the air, not the ground, limits the speed. */
function withinAirspeed({ maxSpeedMps, wind }: MultirotorSpec, wanted: Enu): Enu {
  const airEast = wanted.eastM - wind.eastMps
  const airNorth = wanted.northM - wind.northMps
  const airspeed = Math.hypot(airEast, airNorth)
  if (airspeed <= maxSpeedMps) return wanted
  const share = maxSpeedMps / airspeed
  return {
    eastM: wind.eastMps + airEast * share,
    northM: wind.northMps + airNorth * share,
    upM: wanted.upM,
  }
}

function accelerate({ accelMps2 }: MultirotorSpec, from: Enu, to: Enu, dtS: number): Enu {
  const most = accelMps2 * dtS
  const east = to.eastM - from.eastM
  const north = to.northM - from.northM
  const change = Math.hypot(east, north)
  const share = change > most ? most / change : 1
  const up = Math.min(Math.max(to.upM - from.upM, -most), most)
  return { eastM: from.eastM + east * share, northM: from.northM + north * share, upM: from.upM + up }
}

/** Ornstein-Uhlenbeck noise: gusts that come and go with `timeS`, whatever the step. */
function nextGust(
  { gust: { sigmaMps, timeS } }: MultirotorSpec,
  last: MultirotorState['gust'],
  dtS: number,
  random: Random,
): MultirotorState['gust'] {
  if (sigmaMps === 0) return last
  const keep = Math.exp(-dtS / timeS)
  const fresh = sigmaMps * Math.sqrt(1 - keep * keep)
  return {
    eastM: last.eastM * keep + fresh * bell(random),
    northM: last.northM * keep + fresh * bell(random),
  }
}

/** Nearly normal with variance 1, and never beyond 3: a sum of three uniform draws. */
const bell = (random: Random): number => (random.float() + random.float() + random.float() - 1.5) * 2

function headingOf({ eastM, northM }: Enu): number | null {
  if (Math.hypot(eastM, northM) < TURN_MIN_MPS) return null
  const rad = Math.atan2(eastM, northM)
  return rad < 0 ? rad + 2 * Math.PI : rad
}

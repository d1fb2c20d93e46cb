import type { Now, Random } from '../../src/ports.ts'
import type { DeliveryPlan } from '../../src/vehicle/delivery.ts'
import { DELIVERY_MULTIROTOR, type MultirotorSpec } from '../../src/vehicle/multirotor.ts'
import type { Waypoint } from '../../src/vehicle/route.ts'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../log.ts'
import { HttpVehicle } from './http.ts'
import type { VehicleLink } from './interface.ts'
import { NoVehicle } from './none.ts'
import { ReplayVehicle } from './replay.ts'
import { SimulatedVehicle } from './simulated.ts'
import { StationaryVehicle } from './stationary.ts'
import { ZURICH_DELIVERIES } from './zurich-routes.ts'

/** The settings of a vehicle name no such thing as they need. */
class VehicleConfigError extends Error {
  readonly code = 'VEHICLE_CONFIG'
  readonly path: string

  constructor(path: string, message: string) {
    super(`${path}: ${message}`)
    this.name = 'VehicleConfigError'
    this.path = path
  }
}

interface VehicleParts {
  readonly now: () => Now
  readonly random: Random
  readonly log: Logger
}

/** The vehicle that the configuration names, not started yet. Throws VehicleConfigError. */
export function createVehicle(config: Config['vehicle'], { now, random, log }: VehicleParts): VehicleLink {
  switch (config.kind) {
    case 'none':
      return new NoVehicle()
    case 'http':
      return new HttpVehicle(now)
    case 'fixed':
      if (config.start === null)
        throw new VehicleConfigError('vehicle.start', 'a fixed vehicle needs its place: latDeg, lngDeg, altM')
      return new StationaryVehicle(waypoint(config.start))
    case 'replay':
      if (config.file === null)
        throw new VehicleConfigError('vehicle.file', 'a replay needs its recording: --vehicle replay:FILE')
      return new ReplayVehicle({
        file: config.file,
        track: config.track,
        speed: config.speed,
        loop: config.loop,
        geoidUndulationM: config.geoidUndulationM,
        onWarning: message => log.warn({ file: config.file }, message),
      })
    case 'simulated':
      return new SimulatedVehicle({ plan: deliveryPlan(config, random), random, spec: specOf(config) })
  }
}

/** There and back over the route of the configuration; without one, a delivery over Zurich. */
function deliveryPlan(config: Config['vehicle'], random: Random): DeliveryPlan {
  const [first, ...rest] = config.route.map(waypoint)
  const base = config.start === null ? first : waypoint(config.start)
  if (first === undefined || base === undefined) {
    const plan = ZURICH_DELIVERIES[random.int(ZURICH_DELIVERIES.length)]
    if (plan === undefined)
      throw new VehicleConfigError('vehicle.route', 'a simulated vehicle needs at least one point')
    return plan
  }
  return {
    base,
    route: { name: 'route', waypoints: [first, ...rest], speedMps: config.cruiseMps },
    drop: null,
    waitS: 5,
    rechargeBelowPct: 60,
  }
}

function specOf({ wind }: Config['vehicle']): MultirotorSpec {
  const towardsRad = ((wind.fromDeg + 180) * Math.PI) / 180
  return {
    ...DELIVERY_MULTIROTOR,
    wind: { eastMps: wind.speedMps * Math.sin(towardsRad), northMps: wind.speedMps * Math.cos(towardsRad) },
    gust: { ...DELIVERY_MULTIROTOR.gust, sigmaMps: wind.gustMps },
  }
}

function waypoint(point: {
  readonly latDeg: number
  readonly lngDeg: number
  readonly altM: number
}): Waypoint {
  return {
    latE7: Math.round(point.latDeg * 1e7),
    lonE7: Math.round(point.lngDeg * 1e7),
    altMm: Math.round(point.altM * 1000),
  }
}

import type { VehicleOrder } from '../../src/agent/vehicle.ts'
import { fromEnu } from '../../src/geo/enu.ts'
import type { Random } from '../../src/ports.ts'
import type { VehicleFix } from '../../src/position/position.ts'
import {
  commandDelivery,
  createDelivery,
  type DeliveryPlan,
  type DeliveryState,
  stepDelivery,
} from '../../src/vehicle/delivery.ts'
import { DELIVERY_MULTIROTOR, type MultirotorSpec, multirotorFix } from '../../src/vehicle/multirotor.ts'
import type { Waypoint } from '../../src/vehicle/route.ts'
import { GROUND_M, ORIGIN, type SimVehicle } from './vehicle.ts'

/** Deliveries go this far east or west and north or south, at most. Short against the area, so density stays even. */
const REACH_M = 1_500
const SPEED_MIN_MPS = 6
const SPEED_SPAN_MPS = 10
const HEIGHT_MIN_M = 70
const HEIGHT_SPAN_M = 80
const WAIT_MAX_S = 20
const RECHARGE_BELOW_PCT = 40
/** At time zero a delivery has gone on for so long: the swarm begins in full flight, not all on the ground. */
const UNDER_WAY_MIN_S = 20
const UNDER_WAY_SPAN_S = 60

const SPEC: MultirotorSpec = { ...DELIVERY_MULTIROTOR, gust: { sigmaMps: 0.7, timeS: 3 } }

/**
 * The vehicle of the simulated swarm: the multirotor that the real node flies as `simulated`, on deliveries between two
 * places drawn by lot. Its physics cost 4 us per second of flight, a thirtieth of the agent it carries.
 */
export class Courier implements SimVehicle {
  readonly #random: Random
  readonly #baseEastM: number
  readonly #baseNorthM: number
  #delivery: DeliveryState
  #atUs = 0

  constructor(random: Random, halfSideM: number) {
    const lot = (spanM: number): number => (random.float() * 2 - 1) * spanM
    this.#random = random
    this.#baseEastM = lot(halfSideM)
    this.#baseNorthM = lot(halfSideM)
    const eastM = inside(this.#baseEastM + lot(REACH_M), halfSideM)
    const northM = inside(this.#baseNorthM + lot(REACH_M), halfSideM)
    this.#delivery = createDelivery(this.#plan(eastM, northM), SPEC)
    const underWayS = UNDER_WAY_MIN_S + random.float() * UNDER_WAY_SPAN_S
    for (let s = 0; s < underWayS; s++) this.#delivery = stepDelivery(this.#delivery, 1, random)
  }

  get x(): number {
    return this.#baseEastM + this.#delivery.vehicle.position.eastM
  }

  get y(): number {
    return this.#baseNorthM + this.#delivery.vehicle.position.northM
  }

  get altM(): number {
    return GROUND_M + this.#delivery.vehicle.position.upM
  }

  advance(atUs: number): void {
    if (atUs === this.#atUs) return
    this.#delivery = stepDelivery(this.#delivery, (atUs - this.#atUs) / 1e6, this.#random)
    this.#atUs = atUs
  }

  fix(): VehicleFix {
    return multirotorFix(this.#delivery.vehicle)
  }

  command(order: VehicleOrder): void {
    const command =
      order.verb === 'goto'
        ? ({ t: 'goto', to: order.point, speedMps: SPEED_MIN_MPS } as const)
        : order.verb === 'land'
          ? ({ t: 'land', groundAltMm: GROUND_M * 1000 } as const)
          : ({ t: order.verb } as const)
    this.#delivery = commandDelivery(this.#delivery, command, this.#random)
  }

  #plan(dropEastM: number, dropNorthM: number): DeliveryPlan {
    const random = this.#random
    const heightM = HEIGHT_MIN_M + random.float() * HEIGHT_SPAN_M
    const over = (upM: number): readonly [Waypoint, Waypoint] => [
      fromEnu(ORIGIN, { eastM: this.#baseEastM, northM: this.#baseNorthM, upM }),
      fromEnu(ORIGIN, { eastM: dropEastM, northM: dropNorthM, upM }),
    ]
    const [base, drop] = over(0)
    const speedMps = SPEED_MIN_MPS + random.float() * SPEED_SPAN_MPS
    return {
      base,
      route: { name: 'delivery', waypoints: over(heightM), speedMps },
      drop,
      waitS: random.int(WAIT_MAX_S),
      rechargeBelowPct: RECHARGE_BELOW_PCT,
    }
  }
}

/** Mirrors a coordinate that left the area back into it. */
function inside(metres: number, halfM: number): number {
  if (metres > halfM) return Math.max(-halfM, 2 * halfM - metres)
  if (metres < -halfM) return Math.min(halfM, -2 * halfM - metres)
  return metres
}

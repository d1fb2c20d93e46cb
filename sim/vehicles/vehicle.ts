import type { VehicleOrder } from '../../src/agent/vehicle.ts'
import { enuOrigin } from '../../src/geo/enu.ts'
import type { VehicleFix } from '../../src/position/position.ts'

/** What the simulator needs of a vehicle. */
export interface SimVehicle {
  /** Metres east and north of the middle of the area, and above the ellipsoid. Valid after `advance`. */
  readonly x: number
  readonly y: number
  readonly altM: number
  /** Moves the vehicle on to virtual time `atUs`; time never goes back. */
  advance(atUs: number): void
  /** What it says of itself at the time it was advanced to. */
  fix(): VehicleFix
  /** From now on it follows orders only. */
  command(order: VehicleOrder): void
}

/** The ground everywhere: that of Zurich, above the ellipsoid. */
export const GROUND_M = 455
/** The middle of every simulated city, on the ground: Zurich. */
export const ORIGIN = enuOrigin(473_700_000, 85_400_000, GROUND_M * 1000)

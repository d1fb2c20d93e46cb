import type { VehicleOrder } from '../../src/agent/vehicle.ts'
import type { Random } from '../../src/ports.ts'
import type { VehicleFix } from '../../src/position/position.ts'
import type { Radio } from '../net/radio.ts'
import type { SimVehicle } from './vehicle.ts'

/** The serial line adds up to so much. */
const FIX_JITTER_US = 20_000
/**
 * Autopilots report at the floor rate of their agents, and at 10 Hz while anyone is truly nearer than this, when agents
 * want to report at their ceiling. A real autopilot always sends at 10 Hz; most of those fixes change nothing and
 * would cost half of a run.
 */
const FIX_NEAR_US = 100_000
const FIX_NEAR_M = 60

/** All vehicles: they fly on, whatever becomes of their agents, until they are lost themselves. */
export class Fleet {
  readonly #vehicles: readonly SimVehicle[]
  readonly #radio: Radio
  readonly #near: Uint8Array
  readonly #fixUs: number

  constructor(vehicles: readonly SimVehicle[], radio: Radio, fixUs: number) {
    this.#vehicles = vehicles
    this.#fixUs = fixUs
    this.#radio = radio
    this.#near = new Uint8Array(vehicles.length)
  }

  /** Once a second: tells the radio where everyone is, and finds who is near whom. */
  locate(nowUs: number, carries: (node: number) => boolean): void {
    const radio = this.#radio
    for (const [i, vehicle] of this.#vehicles.entries()) {
      vehicle.advance(nowUs)
      radio.x[i] = vehicle.x
      radio.y[i] = vehicle.y
      radio.alt[i] = vehicle.altM
    }
    radio.update(carries)
    for (let i = 0; i < this.#vehicles.length; i++) this.#near[i] = this.#anyoneNear(i) ? 1 : 0
  }

  /** What the autopilot of `node` says now. */
  fix(node: number, nowUs: number): VehicleFix {
    const vehicle = this.#vehicles[node] as SimVehicle
    vehicle.advance(nowUs)
    return vehicle.fix()
  }

  command(node: number, order: VehicleOrder): void {
    const vehicle = this.#vehicles[node] as SimVehicle
    vehicle.command(order)
  }

  isAirborne(node: number): boolean {
    return (this.#vehicles[node] as SimVehicle).fix().status !== 'Ground'
  }

  /** Time until it says something again, µs. */
  nextFixUs(node: number, lot: Random): number {
    return this.#near[node] === 1 ? FIX_NEAR_US : this.#fixUs + lot.int(FIX_JITTER_US)
  }

  #anyoneNear(node: number): boolean {
    const { alt } = this.#radio
    let found = false
    this.#radio.near(node, (other, distanceM) => {
      const climbM = Math.abs((alt[node] as number) - (alt[other] as number))
      found ||= distanceM < FIX_NEAR_M && climbM < FIX_NEAR_M
    })
    return found
  }
}

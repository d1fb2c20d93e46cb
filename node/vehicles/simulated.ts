import type { VehicleFacts } from '../../src/agent/vehicle.ts'
import type { Random } from '../../src/ports.ts'
import type { VehicleFix } from '../../src/position/position.ts'
import { flightPowerW } from '../../src/vehicle/battery.ts'
import {
  commandDelivery,
  createDelivery,
  type DeliveryPlan,
  type DeliveryState,
  stepDelivery,
} from '../../src/vehicle/delivery.ts'
import type { MultirotorCommand } from '../../src/vehicle/guidance.ts'
import { DELIVERY_MULTIROTOR, type MultirotorSpec, multirotorFix } from '../../src/vehicle/multirotor.ts'
import type { VehicleLink } from './interface.ts'
import { Ticker } from './ticker.ts'

export interface SimulatedOptions {
  /** What it flies, again and again. */
  readonly plan: DeliveryPlan
  /** Gusts are drawn from it. */
  readonly random: Random
  /** @default DELIVERY_MULTIROTOR */
  readonly spec?: MultirotorSpec
  /** Seconds on the ground before the first take-off. @default 0 */
  readonly startAfterS?: number
  /** Fixes a second. @default 10 */
  readonly hz?: number
}

/** What a way of its own is reckoned with. */
const CRUISE_MPS = 12

/** Longest time made up for at once; a real drone, too, flies on while its computer is paused. */
const CATCH_UP_MAX_MS = 60_000

/** A multirotor that exists only as a model, flown in real time. */
export class SimulatedVehicle implements VehicleLink {
  readonly kind = 'simulated'
  readonly facts: VehicleFacts
  readonly #random: Random
  readonly #ticker: Ticker
  #state: DeliveryState
  #listener: (fix: VehicleFix) => void = () => {}
  #signal: AbortSignal | undefined

  constructor({ plan, random, spec = DELIVERY_MULTIROTOR, startAfterS = 0, hz = 10 }: SimulatedOptions) {
    this.#random = random
    const drainPctPerS = (flightPowerW(spec.battery, CRUISE_MPS, 0) / spec.battery.capacityWh / 3600) * 100
    this.facts = {
      takes: ['hold', 'return', 'land', 'goto', 'kill'],
      endurance: { drainPctPerS, cruiseMps: CRUISE_MPS },
    }
    this.#state = createDelivery(plan, spec, startAfterS)
    this.#ticker = new Ticker(hz, elapsedMs => this.#advance(elapsedMs))
  }

  async start(listener: (fix: VehicleFix) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#listener = listener
    this.#signal = signal
    signal.addEventListener('abort', this.#halt, { once: true })
    listener(multirotorFix(this.#state.vehicle))
    this.#ticker.start()
  }

  phase(): string {
    const { stage, vehicle } = this.#state
    return stage.t === 'wait' && stage.charging ? 'charging' : vehicle.phase
  }

  /** The delivery ends here; from now on the vehicle does what it is told. */
  command(command: MultirotorCommand): void {
    this.#state = commandDelivery(this.#state, command, this.#random)
  }

  async stop(): Promise<void> {
    this.#halt()
  }

  readonly #halt = (): void => {
    this.#ticker.stop()
    this.#signal?.removeEventListener('abort', this.#halt)
  }

  #advance(elapsedMs: number): void {
    this.#state = stepDelivery(this.#state, Math.min(elapsedMs, CATCH_UP_MAX_MS) / 1000, this.#random)
    this.#listener(multirotorFix(this.#state.vehicle))
  }
}

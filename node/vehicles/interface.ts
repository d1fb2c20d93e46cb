import type { VehicleFacts } from '../../src/agent/vehicle.ts'
import type { VehicleFix } from '../../src/position/position.ts'
import type { MultirotorCommand } from '../../src/vehicle/guidance.ts'

/** Where this node's position comes from: an autopilot, a recording, a model, or the user's own program. */
export interface VehicleLink {
  /** `simulated`, `replay` or `http`. */
  readonly kind: string
  /**
   * Resolves once the link works; from then on every fix goes to `listener`, until `stop` or until the signal aborts.
   * Rejects when the link cannot work, with an error that says what to do. Starts once.
   */
  start(listener: (fix: VehicleFix) => void, signal: AbortSignal): Promise<void>
  /** What the vehicle is doing, in one word. */
  phase(): string
  /** What it can be told, and how far it gets; without them it is told nothing. */
  readonly facts?: VehicleFacts
  /** Gives the vehicle an order; only links that can. */
  command?(command: MultirotorCommand): void
  /** Leaves nothing running; more than once is fine. */
  stop(): Promise<void>
}

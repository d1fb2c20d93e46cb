import type { Now } from '../../src/ports.ts'
import type { VehicleFix } from '../../src/position/position.ts'
import { checkFix, FixRefusedError, type TakenFix } from '../../src/vehicle/fix-check.ts'
import type { VehicleLink } from './interface.ts'

/** The user's own program is the vehicle: it posts fixes, as often as it has better ones. */
export class HttpVehicle implements VehicleLink {
  readonly kind = 'http'
  readonly #now: () => Now
  #listener: ((fix: VehicleFix) => void) | null = null
  #signal: AbortSignal | undefined
  #taken: TakenFix | null = null

  constructor(now: () => Now) {
    this.#now = now
  }

  async start(listener: (fix: VehicleFix) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#listener = listener
    this.#signal = signal
    signal.addEventListener('abort', this.#halt, { once: true })
  }

  /** `waiting` until the first fix, then the status the program gave. */
  phase(): string {
    return this.#taken === null ? 'waiting' : this.#taken.fix.status.toLowerCase()
  }

  /**
   * Takes a fix for the vehicle's position. `sampledMs`: UTC at which the vehicle was there, if known.
   * Throws FixRefusedError for one that must not be believed; its code says why.
   */
  post(fix: VehicleFix, sampledMs: number | null = null): void {
    if (this.#listener === null)
      throw new FixRefusedError('not-running', null, 'this node takes no fixes yet, or no longer; try again')
    const now = this.#now()
    const refused = checkFix(fix, sampledMs, this.#taken, now)
    if (refused) throw refused
    this.#taken = { fix, monoUs: now.monoUs }
    this.#listener(fix)
  }

  async stop(): Promise<void> {
    this.#halt()
  }

  readonly #halt = (): void => {
    this.#listener = null
    this.#signal?.removeEventListener('abort', this.#halt)
  }
}

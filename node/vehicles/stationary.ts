import type { VehicleFix } from '../../src/position/position.ts'
import type { VehicleLink } from './interface.ts'

const INTERVAL_MS = 1_000

/** A place that does not move: a relay on a roof, a ground station, a charging pad. */
export class StationaryVehicle implements VehicleLink {
  readonly kind = 'fixed'
  readonly #fix: VehicleFix
  #timer: NodeJS.Timeout | null = null

  /** `site`: degrees x 1e7, millimetres above the ellipsoid. */
  constructor(site: { readonly latE7: number; readonly lonE7: number; readonly altMm: number }) {
    this.#fix = {
      ...site,
      heightDm: 0,
      vnCms: 0,
      veCms: 0,
      vdCms: 0,
      headingCdeg: null,
      accHDm: 10,
      accVDm: 10,
      status: 'Ground',
      batteryPct: null,
    }
  }

  async start(listener: (fix: VehicleFix) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    listener(this.#fix)
    this.#timer = setInterval(() => listener(this.#fix), INTERVAL_MS)
    signal.addEventListener('abort', () => void this.stop(), { once: true })
  }

  phase(): string {
    return 'ground'
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}

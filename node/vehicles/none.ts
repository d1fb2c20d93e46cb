import type { VehicleLink } from './interface.ts'

/** No vehicle and no place: a node that only listens and connects others. */
export class NoVehicle implements VehicleLink {
  readonly kind = 'none'
  async start(): Promise<void> {}
  phase(): string {
    return 'none'
  }
  async stop(): Promise<void> {}
}

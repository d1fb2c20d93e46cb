import type { SafeVerb } from '../policy/rules/command.ts'
import type { CommandPoint } from '../policy/signed-command.ts'

/** What a vehicle is told to do. `kill`: motors off, wherever it is. */
export type VehicleOrder =
  | { readonly verb: SafeVerb | 'kill' }
  | { readonly verb: 'goto'; readonly point: CommandPoint }

/** What is known of the own vehicle besides its fixes. */
export interface VehicleFacts {
  /** What it can be told. */
  readonly takes: readonly VehicleOrder['verb'][]
  /** Null = not known. */
  readonly endurance: {
    /** Of the capacity, while it cruises. */
    readonly drainPctPerS: number
    readonly cruiseMps: number
  } | null
}

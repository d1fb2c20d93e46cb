import { reckoningErrorMm } from './dead-reckoning.ts'
import type { VehicleFix } from './position.ts'

/** When to report. See `AgentConfig.position`. */
export interface PublishRule {
  readonly floorMs: number
  readonly ceilingMs: number
  readonly errorBoundMm: number
}

/** The last report and when it was made. */
export interface Reported {
  readonly fix: VehicleFix
  readonly atUs: number
}

/**
 * Whether a new fix is worth a report: never more often than the ceiling, never less often than the floor, and
 * between them when a neighbour's extrapolation is off by more than the bound, the status changed, or
 * somebody is near (`near`), when every fix counts. `fixIntervalMs`: how long the vehicle takes between two
 * fixes; where waiting for the next one would break the floor, this one is reported.
 *
 * A tenth of the ceiling is forgiven, so that a 10 Hz vehicle whose timer is early by a hair still reports at 10 Hz.
 */
export function reportDue(
  rule: PublishRule,
  last: Reported | null,
  fix: VehicleFix,
  nowUs: number,
  near: boolean,
  fixIntervalMs: number,
): boolean {
  if (last === null) return true
  const elapsedMs = (nowUs - last.atUs) / 1000
  if (elapsedMs < rule.ceilingMs * 0.9) return false
  if (elapsedMs >= rule.floorMs || elapsedMs + fixIntervalMs > rule.floorMs) return true
  return (
    near || fix.status !== last.fix.status || reckoningErrorMm(last.fix, fix, elapsedMs) > rule.errorBoundMm
  )
}

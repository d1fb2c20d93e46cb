import type { FixRefusalCode } from '../../src/vehicle/fix-check.ts'
import { counter, readCounter, readGauge } from './define.ts'

const REFUSAL_CODES = [
  'not-an-integer',
  'out-of-range',
  'null-island',
  'future',
  'too-old',
  'jump',
  'not-running',
] as const satisfies readonly FixRefusalCode[]

export const vehicleMetrics = {
  skein_vehicle_fixes_total: readCounter({
    help: 'Fixes of the own vehicle that were taken.',
    profile: 'minimal',
    read: s => s.agent.fixes,
  }),
  skein_vehicle_fixes_refused_total: counter({
    help: 'Posted fixes that were refused. null-island = 0/0, what a receiver without satellites says.',
    labels: { reason: REFUSAL_CODES },
  }),
  skein_vehicle_fix_age_seconds: readGauge({
    help: 'Age of the last fix; NaN = none yet.',
    profile: 'minimal',
    read: s => (s.vehicle.fixAgeMs === null ? null : s.vehicle.fixAgeMs / 1_000),
  }),
  skein_positions_published_total: readCounter({
    help: 'Own reports published: what dead reckoning did not spare.',
    read: s => s.agent.positionsPublished,
  }),
  skein_battery_ratio: readGauge({
    help: 'State of charge, 0 to 1; NaN = unknown.',
    profile: 'minimal',
    read: s => (s.vehicle.batteryPct === null ? null : s.vehicle.batteryPct / 100),
  }),
}

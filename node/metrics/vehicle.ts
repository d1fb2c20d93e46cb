import { counter, readCounter, readGauge } from './define.ts'

export const vehicleMetrics = {
  skein_vehicle_fixes_total: readCounter({
    help: 'Fixes of the own vehicle that were taken.',
    profile: 'minimal',
    read: s => s.agent.fixes,
  }),
  skein_vehicle_fixes_refused_total: counter({
    help: 'Fixes that were not: no satellites (zero), stamped wrongly (time), or impossible (implausible).',
    labels: { reason: ['zero', 'time', 'implausible', 'other'] },
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

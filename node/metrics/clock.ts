import { readCounter, readGauge } from './define.ts'

export const clockMetrics = {
  skein_clock_offset_seconds: readGauge({
    help: 'This node’s clock against the median of its peers’; NaN = nobody to compare with.',
    profile: 'minimal',
    read: s => (s.clock.offsetMs === null ? null : s.clock.offsetMs / 1_000),
  }),
  skein_clock_bound_seconds: readGauge({
    help: 'The clock error that everything is safe under.',
    read: s => s.clock.boundMs / 1_000,
  }),
  skein_clock_trusted: readGauge({
    help: '1 = the offset is within the bound; 0 = this node asks for nothing that depends on time.',
    profile: 'minimal',
    read: s => Number(s.clock.trusted),
  }),
  skein_clock_steps_total: readCounter({
    help: 'Jumps of the wall clock that were noticed.',
    read: s => s.clock.steps,
  }),
}

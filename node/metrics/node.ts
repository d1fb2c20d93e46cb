import { gauge, readGauge } from './define.ts'

export const nodeMetrics = {
  skein_ready: readGauge({
    help: '1 = every health check passes. Which one does not is in /readyz.',
    profile: 'minimal',
    read: s => Number(s.ready),
  }),
  skein_event_loop_lag_seconds: gauge({
    help: 'How late a timer of this process was at worst, of two looks a second, since the last scrape.',
    profile: 'minimal',
  }),
}

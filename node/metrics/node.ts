import { gauge, readGauge } from './define.ts'

export const nodeMetrics = {
  skein_ready: readGauge({
    help: '1 = every health check passes. Which one does not is in /readyz.',
    profile: 'minimal',
    read: s => Number(s.ready),
  }),
  skein_event_loop_lag_seconds: gauge({
    help: '99th percentile of how late timers of this process were, since the last scrape.',
    profile: 'minimal',
  }),
}

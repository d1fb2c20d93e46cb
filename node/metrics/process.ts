import { collectDefaultMetrics, Registry } from 'prom-client'

/** A timer of prom-client's for each look would wake an idle machine; ours measures the same with one that is there. */
const NEVER_MS = 2 ** 31 - 1
const LAG_BY_THAT_TIMER = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']

let registry: Registry | null = null

/**
 * prom-client's metrics of the process, which all nodes in it share: what they watch with (an observer of garbage
 * collections) can't be ended, so there is one of each for good and not one more for each node.
 */
export function processMetrics(): Registry {
  if (registry === null) {
    registry = new Registry()
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS })
    for (const which of LAG_BY_THAT_TIMER)
      registry.removeSingleMetric(`nodejs_eventloop_lag_${which}_seconds`)
  }
  return registry
}

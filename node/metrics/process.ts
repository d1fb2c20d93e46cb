import { collectDefaultMetrics, Registry } from 'prom-client'

let registry: Registry | null = null

/**
 * prom-client's metrics of the process, which all nodes in it share: what they watch with (an observer of garbage
 * collections, a timer) can't be ended, so there is one of each for good and not one more for each node.
 */
export function processMetrics(lagResolutionMs: number): Registry {
  if (registry === null) {
    registry = new Registry()
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagResolutionMs })
  }
  return registry
}

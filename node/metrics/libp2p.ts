import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import type { Metrics } from './metrics.ts'

/**
 * libp2p's own metrics, for the `metrics` option of createLibp2p: in the debug profile only. Their names and units
 * are the library's. It keeps them per process, so two nodes in one process would share the first one's.
 */
export function libp2pMetrics({
  profile,
  registry,
}: Pick<Metrics, 'profile' | 'registry'>): ReturnType<typeof prometheusMetrics> | undefined {
  if (profile !== 'debug') return undefined
  return prometheusMetrics({ registry, preserveExistingMetrics: true, collectDefaultMetrics: false })
}

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { LabelSpace, LabelValues, MetricDefinition, MetricProfile } from './define.ts'
import { metricDefinitions } from './definitions.ts'
import { registerInfo } from './info.ts'
import { processMetrics } from './process.ts'
import { shownIn } from './profile.ts'
import { startSampler } from './sampler.ts'
import type { MetricsSource } from './snapshot.ts'

type Definitions = typeof metricDefinitions
/** Names of the metrics of one type that are written as things happen. */
type WrittenName<T extends MetricDefinition['type']> = {
  [N in keyof Definitions]: Definitions[N] extends { readonly type: T; readonly read?: never } ? N : never
}[keyof Definitions]
type LabelsOf<N extends keyof Definitions> = LabelValues<Definitions[N]['labels']>

/** What a node is, shown once as labels of two metrics whose value is 1. */
export interface MetricsInfo {
  readonly version: string
  readonly nodeName: string
  readonly role: string
  readonly swarm: string
}

export interface MetricsOptions {
  readonly profile: MetricProfile
  readonly source: MetricsSource
  readonly info: MetricsInfo
  /** Age beyond which the world model is stale. @default 200 */
  readonly staleAfterMs?: number
}

/** The metrics of one node: its own registry, so that several nodes can live in one process. */
export interface Metrics {
  /** Counts something that happened. */
  inc<N extends WrittenName<'counter'>>(name: N, labels: LabelsOf<N>, by?: number): void
  /** Sets something that changed. */
  set<N extends WrittenName<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void
  /** Measures something that took so long (seconds), or was so large. */
  observe<N extends WrittenName<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>
  /** For metrics of libraries, in the debug profile. */
  readonly registry: Registry
  readonly profile: MetricProfile
  /** Ends what samples in the background. */
  stop(): void
}

type Instrument = Counter | Gauge | Histogram

const STALE_AFTER_MS = 200

/** Registers every metric of the profile, each combination of labels at 0. */
export function createMetrics({ profile, source, info, staleAfterMs }: MetricsOptions): Metrics {
  const registry = new Registry()
  const instruments = new Map<string, Instrument>()
  for (const [name, definition] of Object.entries<MetricDefinition>(metricDefinitions)) {
    if (!shownIn(definition, profile)) continue
    instruments.set(name, register(registry, name, definition))
  }
  registerInfo(registry, info)
  const registries = profile === 'minimal' ? [registry] : [registry, processMetrics()]
  const write = <T extends Instrument>(name: string, type: new (...args: never[]) => T): T | undefined => {
    const instrument = instruments.get(name)
    return instrument instanceof type ? instrument : undefined
  }
  const metrics: Metrics = {
    registry,
    profile,
    inc: (name, labels, by = 1) => write(name, Counter)?.inc(plain(labels), by),
    set: (name, labels, value) => write(name, Gauge)?.set(plain(labels), value),
    observe: (name, labels, value) => write(name, Histogram)?.observe(plain(labels), value),
    async text() {
      readAll(instruments, source)
      metrics.set('skein_event_loop_lag_seconds', {}, sampler.takeLagSeconds())
      // prom-client spells it "Nan"; the format says NaN.
      const texts = await Promise.all(registries.map(each => each.metrics()))
      return texts.join('').replaceAll(/ Nan$/gm, ' NaN')
    },
    stop: () => sampler.stop(),
  }
  const sampler = startSampler(metrics, source, staleAfterMs ?? STALE_AFTER_MS)
  return metrics
}

const plain = (labels: object): Record<string, string> => ({ ...labels })

function register(registry: Registry, name: string, definition: MetricDefinition): Instrument {
  const { help, labels, type } = definition
  const base = { name, help, labelNames: Object.keys(labels), registers: [registry] }
  if (type === 'histogram') {
    const metric = new Histogram({ ...base, buckets: [...(definition.buckets ?? [])] })
    for (const values of combinations(labels)) metric.zero(values)
    return metric
  }
  if (type === 'gauge') {
    const metric = new Gauge(base)
    for (const values of combinations(labels)) metric.set(values, 0)
    return metric
  }
  const metric = new Counter(base)
  for (const values of combinations(labels)) metric.inc(values, 0)
  return metric
}

/** Every combination of label values; of no labels there is one, the empty one. */
export function combinations(labels: LabelSpace): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (rows, [label, values]) => rows.flatMap(row => values.map(value => ({ ...row, [label]: value }))),
    [{}],
  )
}

/** One snapshot for all metrics of a scrape, so that they agree with each other. */
function readAll(instruments: ReadonlyMap<string, Instrument>, source: MetricsSource): void {
  const snapshot = source.snapshot()
  for (const [name, definition] of Object.entries<MetricDefinition>(metricDefinitions)) {
    const instrument = instruments.get(name)
    if (definition.read === undefined || instrument === undefined || instrument instanceof Histogram) continue
    if (instrument instanceof Counter) instrument.reset()
    for (const labels of combinations(definition.labels)) {
      const value = definition.read(snapshot, labels)
      if (instrument instanceof Gauge) instrument.set(labels, value ?? Number.NaN)
      else instrument.inc(labels, value ?? 0)
    }
  }
}

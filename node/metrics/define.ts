import type { MetricsSnapshot } from './snapshot.ts'

/** minimal = for a radio link (at most 60 series), standard = for a fleet's Prometheus, debug = the libraries' own too. */
export const METRIC_PROFILES = ['minimal', 'standard', 'debug'] as const
export type MetricProfile = (typeof METRIC_PROFILES)[number]

/** Latencies, seconds. 0.2 is the safety bound on the age of the world model, so it must be an edge. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] as const

/** Of what travels: to us, or from us. */
export const DIRECTIONS = ['in', 'out'] as const

/** Each label with all the values it can have. Never an identity: peers, cells and jobs have no end. */
export type LabelSpace = { readonly [label: string]: readonly string[] }
export type LabelValues<L extends LabelSpace> = { readonly [K in keyof L]: L[K][number] }

/**
 * One metric. `read`: its value for one combination of labels at the time of a scrape (null = unknown, shown as
 * NaN); a metric without it is written as things happen.
 */
export interface MetricDefinition<
  T extends 'counter' | 'gauge' | 'histogram' = 'counter' | 'gauge' | 'histogram',
  L extends LabelSpace = LabelSpace,
> {
  readonly type: T
  readonly help: string
  readonly labels: L
  readonly profile: MetricProfile
  readonly buckets?: readonly number[]
  // Method syntax: a definition of one label space fits where any is taken.
  read?(snapshot: MetricsSnapshot, labels: LabelValues<L>): number | null
}

interface Facts<L extends LabelSpace> {
  readonly help: string
  readonly labels?: L
  /** The smallest profile that shows it. @default standard */
  readonly profile?: MetricProfile
  readonly buckets?: readonly number[]
}

interface ReadFacts<L extends LabelSpace> extends Facts<L> {
  readonly read: (snapshot: MetricsSnapshot, labels: LabelValues<L>) => number | null
}

const NONE = {}

/** Written by `inc`. */
export const counter = <const L extends LabelSpace = typeof NONE>(facts: Facts<L>): Written<'counter', L> =>
  complete('counter', facts)

/** Written by `set`. */
export const gauge = <const L extends LabelSpace = typeof NONE>(facts: Facts<L>): Written<'gauge', L> =>
  complete('gauge', facts)

/** Written by `observe`. */
export const histogram = <const L extends LabelSpace = typeof NONE>(
  facts: Facts<L>,
): Written<'histogram', L> => complete('histogram', { buckets: LATENCY_BUCKETS, ...facts })

/** Read from the node at each scrape. */
export const readCounter = <const L extends LabelSpace = typeof NONE>(
  facts: ReadFacts<L>,
): Read<'counter', L> => complete('counter', facts)

/** Read from the node at each scrape. */
export const readGauge = <const L extends LabelSpace = typeof NONE>(facts: ReadFacts<L>): Read<'gauge', L> =>
  complete('gauge', facts)

export type Written<T extends MetricDefinition['type'], L extends LabelSpace> = MetricDefinition<T, L> & {
  readonly read?: never
}
export type Read<T extends MetricDefinition['type'], L extends LabelSpace> = MetricDefinition<T, L> & {
  readonly read: ReadFacts<L>['read']
}

function complete<T extends MetricDefinition['type'], L extends LabelSpace, F extends Facts<L>>(
  type: T,
  facts: F,
) {
  return { type, profile: 'standard' as const, ...facts, labels: (facts.labels ?? NONE) as L }
}

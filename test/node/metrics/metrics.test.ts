import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { PerformanceObserver } from 'node:perf_hooks'
import { mock } from 'node:test'
import { METRIC_PROFILES, type MetricDefinition, type MetricProfile } from '../../../node/metrics/define.ts'
import { metricDefinitions, metricGroups } from '../../../node/metrics/definitions.ts'
import { metricsDocs } from '../../../node/metrics/docs.ts'
import { combinations, createMetrics, type Metrics } from '../../../node/metrics/metrics.ts'
import type { MetricsSnapshot, MetricsSource } from '../../../node/metrics/snapshot.ts'
import { parseExposition, seriesCount } from './exposition.ts'
import { quietSnapshot, quietSource } from './quiet-source.ts'

const INFO = { version: '1.2.3', nodeName: 'drone "1"\\\n', role: 'drone', swarm: 'test' }

/** Metrics that end with the block that holds them. */
function make(
  profile: MetricProfile,
  source: MetricsSource = quietSource(),
  staleAfterMs?: number,
): Metrics & Disposable {
  const metrics = createMetrics({
    profile,
    source,
    info: INFO,
    ...(staleAfterMs !== undefined && { staleAfterMs }),
  })
  return { ...metrics, [Symbol.dispose]: () => metrics.stop() }
}

const REMAKE = `node -e "import('./node/metrics/docs.ts').then(m => process.stdout.write(m.metricsDocs()))" > node/metrics/README.md`

const own = Object.entries<MetricDefinition>(metricDefinitions)

describe('metrics', () => {
  it('is readable by a strict Prometheus parser in every profile, from the start', async () => {
    for (const profile of METRIC_PROFILES) {
      using metrics = make(profile)
      const families = parseExposition(await metrics.text())
      assert.ok(families.has('skein_build_info'))
    }
  })

  it('has every combination of labels from the start, at 0 or not known', async () => {
    using metrics = make('debug')
    const families = parseExposition(await metrics.text())
    for (const [name, { labels, type }] of own) {
      const samples = families.get(name)?.samples ?? assert.fail(`${name} is missing`)
      const expected = combinations(labels).map(values => JSON.stringify(values))
      const shown = samples.filter(sample => type !== 'histogram' || sample.name === `${name}_count`)
      assert.deepEqual(shown.map(sample => JSON.stringify(sample.labels)).sort(), expected.sort(), name)
      const settled = ['skein_ready', 'skein_eventlog_whole', 'skein_clock_trusted', 'skein_disk_state']
      if (
        settled.includes(name) ||
        ['skein_clock_bound_seconds', 'skein_event_loop_lag_seconds'].includes(name)
      )
        continue
      for (const { value } of shown)
        assert.ok(value === 0 || Number.isNaN(value), `${name} starts at ${value}`)
    }
  })

  it('keeps to its budget of series: at most 60 for a radio link, 420 as a standard', async () => {
    const counts = new Map<MetricProfile, number>()
    for (const profile of METRIC_PROFILES) {
      using metrics = make(profile)
      const families = [...parseExposition(await metrics.text())]
      counts.set(profile, seriesCount(new Map(families)))
    }
    assert.ok((counts.get('minimal') ?? 0) <= 60, `${counts.get('minimal')} series in minimal`)
    assert.ok((counts.get('standard') ?? 0) <= 420, `${counts.get('standard')} series in standard`)
  })

  it('has as many series with 50 peers as with 5', async () => {
    const counts: number[] = []
    for (const peers of [5, 50]) {
      using metrics = make('debug', swarmOf(peers))
      for (let peer = 0; peer < peers; peer++) {
        metrics.observe('skein_peer_rtt_seconds', {}, 0.001 * peer)
        metrics.observe('skein_gossip_propagation_seconds', { class: 'position' }, 0.002 * peer)
        metrics.inc('skein_membership_changes_total', { change: 'join' })
        metrics.inc('skein_sync_bytes_total', { direction: 'in' }, 150)
      }
      const families = parseExposition(await metrics.text())
      const connected = families
        .get('skein_peers')
        ?.samples.find(({ labels }) => labels.state === 'connected')
      assert.equal(connected?.value, peers)
      // Those of the runtime itself (open handles by kind, spaces of the heap) come and go with what runs beside.
      counts.push(seriesCount(new Map([...families].filter(([name]) => name.startsWith('skein_')))))
    }
    assert.equal(counts[0], counts[1])
  })

  it('names metrics and labels by Prometheus’ rules, with closed lists of at most a dozen values', () => {
    for (const [name, { type, help, labels, buckets }] of own) {
      assert.match(name, /^skein_[a-z0-9]+(_[a-z0-9]+)*$/)
      assert.equal(name.endsWith('_total'), type === 'counter', name)
      assert.doesNotMatch(name, /_(ms|millis|milliseconds|kb|mib|percent)(_|$)/, name)
      assert.match(help, /^[A-Z0-9a-z].*[.]$/, name)
      for (const [label, values] of Object.entries(labels)) {
        assert.match(label, /^[a-z_]+$/)
        assert.doesNotMatch(label, /peer|agent|cell|address|id$/, name)
        assert.ok(values.length > 0 && values.length <= 12, `${name}{${label}}`)
        assert.equal(new Set(values).size, values.length)
      }
      assert.equal(buckets !== undefined, type === 'histogram', name)
      if (name.endsWith('_seconds') && buckets?.includes(1))
        assert.ok(buckets.includes(0.2), `${name}: 0.2 s`)
    }
  })

  it('writes each metric in one way only: read at the scrape, or as things happen', () => {
    const written = own.filter(([, { read }]) => read === undefined).map(([name]) => name)
    assert.ok(written.includes('skein_http_requests_total') && !written.includes('skein_peers'))
    for (const [name, { type, read }] of own) assert.ok(type !== 'histogram' || read === undefined, name)
  })

  it('has somebody who writes every metric that is not read', async () => {
    const sources = await sourcesOf('node')
    const calls = { counter: 'inc', gauge: 'set', histogram: 'observe' }
    for (const [name, { type, read }] of own) {
      if (read !== undefined) continue
      const call = new RegExp(`\\b${calls[type]}\\(\\s*'${name}'`)
      assert.ok(
        sources.some(source => call.test(source)),
        `nothing under node/ calls ${calls[type]}('${name}', …): it would be 0 for ever`,
      )
    }
  })

  it('documents every metric, and its page is up to date', async () => {
    const page = await readFile(new URL('../../../node/metrics/README.md', import.meta.url), 'utf8')
    assert.equal(page, metricsDocs(), `stale: ${REMAKE}`)
    for (const [name] of own) assert.ok(page.includes(`\`${name}\``), `${name} is in no group of the page`)
    const grouped = Object.values(metricGroups).flatMap(group => Object.keys(group))
    assert.deepEqual(
      grouped,
      own.map(([name]) => name),
    )
    using metrics = make('minimal')
    for (const name of parseExposition(await metrics.text()).keys())
      assert.ok(page.includes(`\`${name}\``), name)
  })

  it('shows more with each profile, never less', async () => {
    const names: string[][] = []
    for (const profile of METRIC_PROFILES) {
      using metrics = make(profile)
      names.push([...parseExposition(await metrics.text()).keys()])
    }
    const [minimal = [], standard = [], debug = []] = names
    assert.ok(minimal.every(name => standard.includes(name)) && standard.every(name => debug.includes(name)))
    assert.ok(
      standard.includes('nodejs_eventloop_lag_seconds') && standard.includes('process_cpu_seconds_total'),
    )
    assert.ok(!minimal.some(name => !name.startsWith('skein_')))
  })

  it('takes what is written to a metric that its profile does not show', async () => {
    using metrics = make('minimal')
    metrics.inc('skein_http_requests_total', { route: 'status', code: '2xx' })
    metrics.observe('skein_http_request_duration_seconds', {}, 0.1)
    assert.doesNotMatch(await metrics.text(), /skein_http/)
  })

  it('reads the node once for each scrape, so that its numbers agree', async () => {
    let reads = 0
    using metrics = make('standard', {
      snapshot: () => {
        reads += 1
        return { ...quietSnapshot(), peers: { ...quietSnapshot().peers, redials: reads } }
      },
      worldAgeMs: () => null,
    })
    await metrics.text()
    const text = await metrics.text()
    assert.equal(reads, 2)
    assert.match(text, /^skein_peer_redials_total 2$/m)
  })

  it('turns milliseconds and percent into base units, and says when it does not know', async () => {
    const known = quietSource(quiet => ({
      ...quiet,
      world: { ...quiet.world, ageMs: 1_500 },
      vehicle: { fixAgeMs: 250, batteryPct: 40 },
      clock: { ...quiet.clock, offsetMs: -12 },
      disk: 'low',
    }))
    using metrics = make('minimal', known)
    const text = await metrics.text()
    assert.match(text, /^skein_world_model_age_seconds 1\.5$/m)
    assert.match(text, /^skein_vehicle_fix_age_seconds 0\.25$/m)
    assert.match(text, /^skein_battery_ratio 0\.4$/m)
    assert.match(text, /^skein_clock_offset_seconds -0\.012$/m)
    assert.match(text, /^skein_disk_state\{state="low"\} 1$/m)
    assert.match(text, /^skein_disk_state\{state="ok"\} 0$/m)
    using unknown = make('minimal')
    assert.match(await unknown.text(), /^skein_battery_ratio NaN$/m)
  })

  it('adds up the time during which the world model was stale', async () => {
    const staleSeconds = async (metrics: Metrics) =>
      Number(/^skein_world_model_stale_seconds_total (.*)$/m.exec(await metrics.text())?.[1])
    const aged = (ageMs: number | null) =>
      quietSource(quiet => ({ ...quiet, world: { ...quiet.world, ageMs } }))
    using stale = make('minimal', aged(201))
    using fresh = make('minimal', aged(200))
    using alone = make('minimal', aged(null))
    using patient = make('minimal', aged(900), 1_000)
    const started = performance.now()
    while ((await staleSeconds(stale)) < 0.35) await new Promise(resolve => setTimeout(resolve, 20))
    assert.ok((await staleSeconds(stale)) <= (performance.now() - started) / 1_000 + 0.05)
    for (const metrics of [fresh, alone, patient]) assert.equal(await staleSeconds(metrics), 0)
  })

  it('shows how late the event loop was since the last scrape, without a timer of prom-client', async () => {
    using metrics = make('standard')
    const lagS = async () => Number(/^skein_event_loop_lag_seconds (.*)$/m.exec(await metrics.text())?.[1])
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200)
    // Two looks a second: of the 1.2 s the look that was due within the first half came late by the rest.
    await new Promise(resolve => setTimeout(resolve, 20))
    assert.ok((await lagS()) >= 0.6)
    assert.ok((await lagS()) < 0.6)
    assert.doesNotMatch(await metrics.text(), /nodejs_eventloop_lag_p99/)
  })

  it('watches the process once for all nodes in it, for that can not be ended', () => {
    const observe = mock.method(PerformanceObserver.prototype, 'observe')
    try {
      for (let i = 0; i < 5; i++) make('standard')[Symbol.dispose]()
      assert.ok(observe.mock.callCount() <= 1, `${observe.mock.callCount()} observers of garbage collections`)
    } finally {
      observe.mock.restore()
    }
  })

  it('keeps the metrics of two nodes in one process apart', async () => {
    using one = make('standard')
    using two = make('standard')
    one.inc('skein_sync_bytes_total', { direction: 'in' }, 7)
    assert.match(await one.text(), /^skein_sync_bytes_total\{direction="in"\} 7$/m)
    assert.match(await two.text(), /^skein_sync_bytes_total\{direction="in"\} 0$/m)
  })
})

/** The text of every TypeScript file of a folder of this repository. */
async function sourcesOf(folder: string): Promise<readonly string[]> {
  const root = new URL(`../../../${folder}/`, import.meta.url)
  const files = (await readdir(root, { recursive: true })).filter(file => file.endsWith('.ts'))
  return await Promise.all(files.map(file => readFile(new URL(file, root), 'utf8')))
}

/** What a node reads of a swarm of so many. */
function swarmOf(peers: number): MetricsSource {
  return quietSource(
    (quiet): MetricsSnapshot => ({
      ...quiet,
      peers: { ...quiet.peers, byState: { ...quiet.peers.byState, connected: peers } },
      gossip: { ...quiet.gossip, meshPeers: Math.min(peers, 8), messagesIn: peers * 100 },
      world: { neighbors: { point: peers, volume: 0 }, ageMs: 90 },
    }),
  )
}

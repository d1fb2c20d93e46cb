import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../node/config/load.ts'
import type { PartialConfig } from '../../../node/config/schema.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode, type RunningNode } from '../../../node/node.ts'
import { type Family, parseExposition } from './exposition.ts'

interface Started {
  readonly node: RunningNode
  readonly logged: readonly string[]
}

const sampleOf = (families: ReadonlyMap<string, Family>, name: string, labels = {}): number | undefined =>
  families
    .get(name)
    ?.samples.find(sample => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    ?.value

/** What really runs, on loopback: for what only shows once all parts are put together. */
describe('metrics of a node that runs', function () {
  this.timeout(60_000)
  let dir: string
  const started: Started[] = []

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-metrics-'))
  })

  after(async () => {
    await Promise.all(started.map(({ node }) => node.stop()))
    await rm(dir, { recursive: true, force: true })
  })

  async function start(name: string, flags: PartialConfig): Promise<Started> {
    const base: PartialConfig = {
      name,
      dataDir: join(dir, name),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      mdns: false,
      api: { port: 0 },
      eventLog: { reserveMiB: 1 },
    }
    const { config } = loadConfig({ flags: { ...base, ...flags } })
    const logged: string[] = []
    const to = { write: (line: string) => void logged.push(JSON.parse(line).msg) }
    const node = await createNode(config, { log: createLogger({ level: 'info', format: 'json', name, to }) })
    started.push({ node, logged })
    return { node, logged }
  }

  const until = async (what: string, condition: () => boolean): Promise<void> => {
    const lastMs = performance.now() + 30_000
    while (!condition()) {
      assert.ok(performance.now() < lastMs, `waited in vain: ${what}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  it('has those of libp2p in the debug profile, and is readable with them', async () => {
    const { node } = await start('debug', { metrics: { profile: 'debug' } })
    const families = parseExposition(await node.metrics())
    assert.ok(
      [...families.keys()].some(name => name.startsWith('libp2p_')),
      'nothing of libp2p',
    )
    assert.ok(families.has('nodejs_gc_duration_seconds'))
    assert.equal(sampleOf(families, 'skein_eventlog_events_refused_total'), 0)
  })

  it('counts a stranger that is refused neither as a peer that failed nor as one that came', async () => {
    const one = await start('one', { swarm: 'one' })
    const bootstrap = one.node.status().listen.filter(address => !address.includes('p2p-circuit'))
    const other = await start('other', { swarm: 'other', bootstrap })
    await until('one refuses the other', () =>
      [one, other].some(({ logged }) => logged.includes('peer refused')),
    )
    await until('nobody is connected', () => one.node.status().peers.connected === 0)
    for (const { node, logged } of [one, other]) {
      assert.ok(!logged.includes('peer gone') && !logged.includes('peer joined'), logged.join('\n'))
      const families = parseExposition(await node.metrics())
      for (const change of ['join', 'leave', 'fail'])
        assert.equal(sampleOf(families, 'skein_membership_changes_total', { change }), 0, change)
    }
    const types: string[] = []
    for await (const { event } of one.node.readLog(1)) types.push(event.type)
    assert.ok(!types.some(type => type.startsWith('peer.')), types.join())
  })
})

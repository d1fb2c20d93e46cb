import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../node/config/load.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode, type RunningNode } from '../../../node/node.ts'
import { eventually } from '../../e2e/helpers/eventually.ts'

const ROOM = 3
const NODES = 10
/** Long enough for one that does not wait longer each time to ask half a dozen times. */
const WATCHED_MS = 8_000

const connected = (node: RunningNode) =>
  node.peers().flatMap(({ agent, state }) => (state === 'connected' ? [agent] : []))

/** All know one node and nobody else, and that one has room for few. */
describe('a full node', function () {
  this.timeout(120_000)
  let dir: string
  let hub: RunningNode
  const nodes: RunningNode[] = []
  const hubLog: string[] = []

  async function start(name: string, bootstrap: readonly string[]): Promise<RunningNode> {
    const { config } = loadConfig({
      profile: 'sim',
      flags: {
        name,
        bootstrap,
        dataDir: join(dir, name),
        vehicle: { kind: 'none' },
        relay: { client: false },
        connections: name === 'hub' ? { target: 1, max: ROOM } : { target: 4 },
      },
    })
    const to = { write: (line: string) => void (name === 'hub' && hubLog.push(line)) }
    return await createNode(config, { log: createLogger({ level: 'info', format: 'json', name, to }) })
  }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-full-'))
    hub = await start('hub', [])
    const address = hub.status().listen[0] ?? assert.fail()
    const nameless = address.replace(/\/p2p\/.*/, '')
    const starts = Array.from({ length: NODES }, (_, i) => start(`n${i}`, [i % 2 === 0 ? address : nameless]))
    nodes.push(...(await Promise.all(starts)))
  })

  after(async () => {
    await Promise.all([hub, ...nodes].map(node => node?.stop()))
    await rm(dir, { recursive: true, force: true })
  })

  it('introduces those it has no room for to others: all get to know the swarm', async () => {
    await eventually('each has as many peers as it wants', () => {
      for (const node of nodes) assert.ok(connected(node).length >= 4, `${connected(node).length}`)
    })
    assert.deepEqual(reached(nodes), new Set(nodes.map(({ agent }) => agent)))
  })

  it('keeps within its limit, and those it had', async () => {
    assert.equal(connected(hub).length, ROOM)
    const before = connected(hub)
    await new Promise(resolve => setTimeout(resolve, WATCHED_MS))
    assert.deepEqual(connected(hub), before)
  })

  it('is asked less and less often, and takes nobody for a member whom it turned away', async () => {
    for (const node of nodes) {
      const redials = Number(/^skein_peer_redials_total (\d+)/m.exec(await node.metrics())?.[1])
      assert.ok(redials <= 4, `${redials} redials`)
    }
    const joined = hubLog.filter(line => line.includes('peer joined')).length
    assert.equal(joined, ROOM)
  })
})

/** Whom one can reach over connections, from the first of these nodes. */
function reached(nodes: readonly RunningNode[]): ReadonlySet<string> {
  const byAgent = new Map(nodes.map(node => [node.agent, node]))
  const found = new Set<string>()
  const next = nodes.slice(0, 1).map(({ agent }) => agent)
  for (let agent = next.pop(); agent !== undefined; agent = next.pop()) {
    const node = byAgent.get(agent)
    if (node === undefined || found.has(agent)) continue
    found.add(agent)
    next.push(...connected(node))
  }
  return found
}

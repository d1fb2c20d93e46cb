import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { early } from './helpers/early.ts'
import { eventually } from './helpers/eventually.ts'
import { type HostedNode, HostedNodes } from './helpers/hosted-nodes.ts'
import { Lab } from './helpers/lab.ts'
import { penaltiesOf } from './helpers/metrics.ts'
import type { NodeProcess } from './helpers/node-process.ts'
import { LAKE, pointsOf, standing } from './helpers/places.ts'

const PEERS = 24
/**
 * GossipSub's score by address acts within 3 s and empties the meshes of more than ten peers behind one address;
 * in this time it would have done so several times over.
 */
const WATCHED_S = 20

const meshed = async ({ client }: Pick<HostedNode, 'client'>) =>
  (await client.peers()).filter(({ mesh }) => mesh).length

const watched = early(async () => {
  const lab = await Lab.open()
  try {
    const { latDeg, lngDeg } = LAKE
    const watch = [{ latDeg, lngDeg, radiusM: 300 }]
    const relay = await lab.node('relay', { gossip: { watch } }, { command: 'relay' })
    const half = (from: number) =>
      Array.from({ length: PEERS / 2 }, (_, i) => ({
        name: `peer-${from + i}`,
        bootstrap: [...relay.listen],
        vehicle: standing((from + i) / 3),
        relay: { client: false },
        connections: { target: 8 },
      }))
    const halves = [half(0), half(PEERS / 2)].map(configs => HostedNodes.start(lab, configs))
    const peers = (await Promise.all(halves)).flatMap(({ nodes }) => nodes)
    const empty = new Set<string>()
    const until = performance.now() + WATCHED_S * 1000
    for (; performance.now() < until; await sleep(1000)) {
      empty.clear()
      for (const node of peers) if ((await meshed(node)) === 0) empty.add(node.name)
    }
    return { lab, relay, peers, empty }
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
})

/** A fleet behind one NAT, one relay or one mobile network looks like this from outside. */
describe('e2e: 24 peers behind one address', function () {
  this.timeout(240_000)
  let lab: Lab | undefined
  let relay: NodeProcess
  let peers: readonly HostedNode[]
  let empty: ReadonlySet<string>

  before(async () => {
    ;({ lab, relay, peers, empty } = await watched())
  })

  after(() => lab?.[Symbol.asyncDispose]())

  const agentsBut = (but: string) =>
    peers
      .map(({ agent }) => agent)
      .filter(agent => agent !== but)
      .sort()

  it('all connect to the relay', async () => {
    assert.equal(peers.length, PEERS)
    await eventually('all are in touch with the relay', async () => {
      const connected = (await relay.client.peers()).filter(({ state }) => state === 'connected')
      assert.deepEqual(connected.map(({ agent }) => agent).sort(), agentsBut(relay.agent))
    })
  })

  it('have kept their meshes, and keep them', async () => {
    assert.deepEqual([...empty], [])
    await eventually('every mesh has peers', async () => {
      for (const node of peers) assert.ok((await meshed(node)) > 0, `${node.name} has none`)
    })
  })

  it('all hear each other', async () => {
    await eventually('everyone hears everyone', async () => {
      for (const { agent, client } of [...peers, relay])
        assert.deepEqual(await pointsOf({ client }), agentsBut(agent))
    })
  })

  it('have not been penalized by anyone', async () => {
    for (const { client } of [...peers, relay]) assert.equal(await penaltiesOf(client), 0)
  })
})

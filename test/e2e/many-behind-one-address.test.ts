import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './helpers/eventually.ts'
import { type HostedNode, HostedNodes } from './helpers/hosted-nodes.ts'
import { Lab } from './helpers/lab.ts'
import type { NodeProcess } from './helpers/node-process.ts'
import { LAKE, pointsOf, standing } from './helpers/places.ts'

const PEERS = 24
/**
 * GossipSub's score by address acts within 3 s and empties the meshes of more than ten peers behind one address;
 * in this time it would have done so several times over.
 */
const WATCHED_S = 20

/** A fleet behind one NAT, one relay or one mobile network looks like this from outside. */
describe('e2e: 24 peers behind one address', function () {
  this.timeout(240_000)
  let lab: Lab
  let relay: NodeProcess
  let peers: readonly HostedNode[]

  before(async () => {
    lab = await Lab.open()
    const { latDeg, lngDeg } = LAKE
    relay = await lab.node(
      'relay',
      { gossip: { watch: [{ latDeg, lngDeg, radiusM: 300 }] } },
      { command: 'relay' },
    )
    const half = (from: number) =>
      Array.from({ length: PEERS / 2 }, (_, i) => ({
        name: `peer-${from + i}`,
        bootstrap: [...relay.listen],
        vehicle: standing((from + i) / 3),
        relay: { client: false },
        connections: { target: 8 },
      }))
    const hosts = await Promise.all([
      HostedNodes.start(lab, half(0)),
      HostedNodes.start(lab, half(PEERS / 2)),
    ])
    peers = hosts.flatMap(({ nodes }) => nodes)
  })

  after(() => lab[Symbol.asyncDispose]())

  const agentsBut = (but: string) =>
    peers
      .map(({ agent }) => agent)
      .filter(agent => agent !== but)
      .sort()

  it('all connect to the relay, and everyone hears everyone', async () => {
    assert.equal(peers.length, PEERS)
    await eventually('all are in touch with the relay', async () => {
      const connected = (await relay.client.peers()).filter(({ state }) => state === 'connected')
      assert.deepEqual(connected.map(({ agent }) => agent).sort(), agentsBut(relay.agent))
    })
    await eventually('everyone hears everyone', async () => {
      for (const { agent, client } of [...peers, relay])
        assert.deepEqual(await pointsOf({ client }), agentsBut(agent))
    })
  })

  it('keep their meshes: none is ever empty, and reports go on coming', async () => {
    const meshed = async (node: Pick<HostedNode, 'client'>) =>
      (await node.client.peers()).filter(({ mesh }) => mesh).length
    const until = performance.now() + WATCHED_S * 1000
    while (performance.now() < until) {
      await sleep(1000)
      for (const node of [...peers, relay]) {
        // Grafting takes a heartbeat: a mesh that is mended at once has not been emptied.
        await eventually('its mesh has peers', async () => assert.ok((await meshed(node)) > 0), {
          withinS: 5,
        })
      }
    }
    await eventually('everyone still hears everyone', async () => {
      for (const { agent, client } of peers) assert.deepEqual(await pointsOf({ client }), agentsBut(agent))
    })
  })
})

import assert from 'node:assert/strict'
import type { PartialConfig } from '../../node/config/schema.ts'
import { eventually } from './helpers/eventually.ts'
import { flyByHttp } from './helpers/http-vehicle.ts'
import { freePort, Lab } from './helpers/lab.ts'
import { metricOf } from './helpers/metrics.ts'
import type { NodeProcess } from './helpers/node-process.ts'
import { pointsOf, spot } from './helpers/places.ts'

/** What libp2p's relay lets through by default before it cuts a connection. */
const STOCK_LIMIT_BYTES = 128 * 1024

describe('e2e: two nodes that reach only the relay', function () {
  this.timeout(240_000)
  let lab: Lab
  let relay: NodeProcess
  let left: NodeProcess
  let right: NodeProcess
  const landing = new AbortController()
  const flights: Promise<void>[] = []

  before(async () => {
    lab = await Lab.open()
    // At a port of its own, so that it is found again after it was killed.
    const listen = [`/ip4/127.0.0.1/tcp/${await freePort()}`]
    relay = await lab.node('relay', { listen }, { command: 'relay' })
    const hidden: PartialConfig = {
      bootstrap: [...relay.listen],
      listen: ['/p2p-circuit'],
      vehicle: { kind: 'http' },
      // So that the limit is passed within seconds.
      position: { ceilingHz: 50 },
    }
    ;[left, right] = await Promise.all([lab.node('left', hidden), lab.node('right', hidden)])
    // Within 50 m of each other both report as often as they may.
    for (const [i, node] of [left, right].entries())
      flights.push(flyByHttp(node.client, spot(i), { hz: 50, signal: landing.signal }))
  })

  after(async () => {
    landing.abort()
    await Promise.all(flights)
    await lab[Symbol.asyncDispose]()
  })

  async function seeEachOther(): Promise<void> {
    await eventually('both hear each other, through the relay', async () => {
      assert.deepEqual(await pointsOf(left), [right.agent])
      assert.deepEqual(await pointsOf(right), [left.agent])
      for (const [node, other] of [
        [left, right],
        [right, left],
      ] as const) {
        const peer = (await node.client.peers()).find(({ agent }) => agent === other.agent)
        assert.deepEqual([peer?.state, peer?.path], ['connected', 'relayed'])
      }
    })
  }

  const heard = (node: NodeProcess) => metricOf(node.client, 'skein_positions_accepted_total')

  it('talk through it, and nobody else hears them there', async () => {
    await seeEachOther()
    for (const { client } of [left, right]) {
      const { listen } = await client.status()
      assert.ok(listen.length > 0)
      assert.ok(
        listen.every(address => address.includes('/p2p-circuit')),
        `it listens at ${listen}`,
      )
    }
    // The relay flies nothing and watches nothing: what they hear of each other came through, not from it.
    assert.deepEqual(await relay.client.neighbors(), [])
  })

  it('send more than libp2p lets through a relay by default, and stay connected', async () => {
    const before = [await heard(left), await heard(right)]
    const wanted = Math.ceil(STOCK_LIMIT_BYTES / 119) + 100
    // A report is 119 bytes at least; the connection carries more than that for each.
    const enough = async () => {
      const now = [await heard(left), await heard(right)]
      const sum = now.reduce((total, count, i) => total + count - (before[i] ?? 0), 0)
      assert.ok(sum >= wanted, `${sum} of ${wanted} reports came through`)
    }
    await eventually(`${wanted} reports came through`, enough, { withinS: 180 })
    assert.equal(await metricOf(left.client, 'skein_membership_changes_total{change="fail"}'), 0)
    await seeEachOther()
  })

  it('find each other again after the relay was killed and came back', async () => {
    await relay.kill()
    await eventually('they have lost each other', async () => {
      for (const node of [left, right]) assert.equal((await node.client.status()).peers.connected, 0)
    })
    relay = await lab.again(relay)
    await seeEachOther()
  })
})

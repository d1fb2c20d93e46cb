import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningNode } from '../../../node/node.ts'
import { TRUST_DIR } from '../../../node/trust/trust-files.ts'
import type { LogEvent } from '../../../src/eventlog/event.ts'
import { eventually } from '../../e2e/helpers/eventually.ts'
import { addressOf, ClosedSwarm, isWith } from './closed-swarm.ts'

const HOUR_MS = 3_600_000

async function eventsOf(node: RunningNode, type: string): Promise<LogEvent[]> {
  const found: LogEvent[] = []
  for await (const { event } of node.readLog(1)) if (event.type === type) found.push(event)
  return found
}

const hears = (node: RunningNode, other: RunningNode): boolean =>
  node.neighbors().some(({ agent, belief }) => agent === other.agent && belief === 'point')

/** Why a node refused a peer, as its metrics count it. */
async function refusals(node: RunningNode, reason: string): Promise<number> {
  const line = new RegExp(`^skein_admissions_refused_total\\{reason="${reason}"\\} (\\d+)`, 'm')
  return Number(line.exec(await node.metrics())?.[1])
}

describe('a closed swarm', function () {
  this.timeout(60_000)

  it('lets members in, and each hears the others, also those it is not connected to', async () => {
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub', { roles: ['anchor'] })
    const bootstrap = [addressOf(hub)]
    const nodes = await Promise.all(['a', 'b', 'c'].map(name => swarm.member(name, { bootstrap })))
    await eventually('everyone hears everyone', () => {
      for (const node of [hub, ...nodes])
        for (const other of [hub, ...nodes]) assert.ok(node === other || hears(node, other))
    })
    const { trust } = hub.status()
    assert.equal(trust.mode, 'closed')
    assert.equal(trust.members, 4)
    assert.equal(trust.certificate?.standing, 'valid')
    assert.equal(hub.trust()?.swarm, 'closed')
  })

  const strangers: readonly [string, string, RegExp, (swarm: ClosedSwarm) => Promise<unknown>][] = [
    ['of an open swarm of the same name', 'missing', /this swarm is closed/, async () => {}],
    [
      'of another authority that took the same name',
      'signature',
      /not by the authority of our swarm/,
      async swarm => {
        await using other = await ClosedSwarm.found('closed')
        const agent = await swarm.settle('stranger')
        await other.certify('stranger', agent)
        await cp(join(other.dirOf('stranger'), TRUST_DIR), join(swarm.dirOf('stranger'), TRUST_DIR), {
          recursive: true,
        })
      },
    ],
    [
      'whose certificate has ended, beyond the time of grace',
      'expired',
      /ended 2 h ago: renew it/,
      async swarm => {
        const times = { notBeforeMs: Date.now() - 9 * HOUR_MS, notAfterMs: Date.now() - 2 * HOUR_MS }
        await swarm.certify('stranger', await swarm.settle('stranger'), times)
      },
    ],
  ]
  for (const [who, reason, text, prepare] of strangers) {
    it(`turns away one ${who}, says why, and tells it nothing`, async () => {
      await using swarm = await ClosedSwarm.found()
      const hub = await swarm.member('hub')
      const member = await swarm.member('member', { bootstrap: [addressOf(hub)] })
      await prepare(swarm)
      const stranger = await swarm.run('stranger', {
        bootstrap: [addressOf(hub)],
        config: { swarm: 'closed' },
      })
      await eventually('it was refused', async () => assert.ok((await refusals(hub, reason)) > 0))
      await eventually('it was told why', () => {
        const told = stranger.peers().find(({ agent }) => agent === hub.agent)
        assert.match(told?.why ?? '', text)
      })
      await eventually('members hear each other', () => assert.ok(hears(hub, member)))
      assert.ok(!isWith(hub, stranger.agent))
      assert.deepEqual(stranger.neighbors(), [])
      const known = stranger.peers().filter(({ agent }) => agent !== hub.agent)
      assert.deepEqual(known, [], 'it was introduced to nobody')
    })
  }

  it('cuts off a member whose certificate is taken back, wherever in the swarm that is said', async () => {
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub')
    const bootstrap = [addressOf(hub)]
    const [far, captured] = [
      await swarm.member('far', { bootstrap }),
      await swarm.member('bad', { bootstrap }),
    ]
    await eventually('all know all', () => {
      for (const node of [hub, far]) assert.ok(hears(node, captured))
    })
    const list = swarm.authority.revoke({ agent: captured.agent, reason: 'captured' })
    assert.deepEqual(await far.revoke(list), { taken: true, epoch: 1 })
    assert.deepEqual(await far.revoke(list), { taken: false, epoch: 1 })
    await eventually('nobody is with it any more', () => {
      for (const node of [hub, far]) assert.ok(!isWith(node, captured.agent))
    })
    assert.equal(hub.status().trust.epoch, 1)
    assert.equal((await eventsOf(hub, 'trust.revoked')).length, 1)
    await swarm.stop(far)
    const again = await swarm.run('far', { bootstrap })
    assert.equal(again.status().trust.epoch, 1, 'the list is kept over a restart')
  })

  it('shows what it believes to whose role says so, and to no relay, whose part is to carry what it can not read', async () => {
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub')
    const bootstrap = [addressOf(hub)]
    const relay = await swarm.member('relay', { roles: ['relay'], bootstrap })
    const drone = await swarm.member('drone', { bootstrap })
    const frameOf = async (viewer: RunningNode) => {
      await eventually('they are connected', () => assert.ok(isWith(viewer, hub.agent)))
      const frames = viewer.mapFramesOf(hub.agent, 1, AbortSignal.timeout(10_000))
      for await (const frame of frames) return frame.byteLength
      return 0
    }
    assert.ok((await frameOf(drone)) > 0)
    await assert.rejects(frameOf(relay), /our role may not watch views/)
  })

  it('takes a renewed certificate from the data directory of a node that runs', async () => {
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub')
    const soon = { notAfterMs: Date.now() + HOUR_MS }
    const node = await swarm.member('n', { ...soon, bootstrap: [addressOf(hub)] })
    await eventually('they are connected', () => assert.ok(isWith(hub, node.agent)))
    const before = node.status().trust.certificate
    const serial = await swarm.certify('n', node.agent)
    await eventually('it shows the new one', () =>
      assert.equal(node.status().trust.certificate?.serial, serial),
    )
    assert.notEqual(before?.serial, serial)
    assert.ok(isWith(hub, node.agent), 'without losing a connection')
  })

  it('turns away a second node with the key of one that is in', async () => {
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub')
    const bootstrap = [addressOf(hub)]
    await swarm.certify('one', await swarm.settle('one'))
    await cp(swarm.dirOf('one'), swarm.dirOf('copy'), { recursive: true })
    const one = await swarm.run('one', { bootstrap })
    await eventually('the first is in', () => assert.ok(hears(hub, one)))
    const copy = await swarm.run('copy', { bootstrap })
    await eventually('it was found out', async () => assert.ok((await refusals(hub, 'cloned')) > 0))
    await eventually('it was told why', () => {
      const told = copy.peers().find(({ agent }) => agent === hub.agent)
      assert.match(told?.why ?? '', /another node is connected with your key/)
    })
    assert.ok(isWith(hub, one.agent))
  })

  it('lets in at once whoever was turned away and has a good certificate now', async () => {
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub')
    const agent = await swarm.settle('late')
    await swarm.certify('late', agent, {
      notBeforeMs: Date.now() - 9 * HOUR_MS,
      notAfterMs: Date.now() - 2 * HOUR_MS,
    })
    const late = await swarm.run('late', { bootstrap: [addressOf(hub)] })
    await eventually('it was turned away', async () => assert.ok((await refusals(hub, 'expired')) > 0))
    await swarm.certify('late', agent)
    await eventually('it is in', () => assert.ok(isWith(hub, late.agent)))
  })

  it('witnesses how far the logs of members go', async () => {
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub')
    const node = await swarm.member('n', { bootstrap: [addressOf(hub)] })
    await eventually('its head was heard', () =>
      assert.ok(hub.trust()?.witnessed.some(({ agent, seq }) => agent === node.agent && seq > 0)),
    )
    const [line] = await eventsOf(hub, 'trust.witnessed')
    assert.equal(line?.subject, node.agent)
  })
})

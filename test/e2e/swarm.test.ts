import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './helpers/eventually.ts'
import { type Acknowledged, flyByHttp, gatherEvents, logOf } from './helpers/http-vehicle.ts'
import { Lab } from './helpers/lab.ts'
import type { NodeProcess } from './helpers/node-process.ts'
import { hovering, LAKE, others, pointsOf, spot } from './helpers/places.ts'

const DRONES = 7

describe('e2e: a swarm of 8 processes', function () {
  this.timeout(300_000)
  let lab: Lab
  let relay: NodeProcess
  let drones: NodeProcess[]
  /** A drone whose program posts its positions: the one that crashes. */
  let victim: NodeProcess
  const acknowledged: Acknowledged = new Map()

  before(async () => {
    lab = await Lab.open()
    const { latDeg, lngDeg } = LAKE
    const watch = [{ latDeg, lngDeg, radiusM: 500 }]
    relay = await lab.node('relay', { gossip: { watch } }, { command: 'relay' })
    drones = await Promise.all(Array.from({ length: DRONES }, (_, i) => startDrone(i)))
    victim = drones.at(-1) ?? assert.fail()
  })

  after(() => lab[Symbol.asyncDispose]())

  const startDrone = (i: number) =>
    lab.node(`drone-${i}`, {
      bootstrap: [...relay.listen],
      vehicle: i === DRONES - 1 ? { kind: 'http' } : hovering(i),
    })

  /** Posts positions for the victim and notes what it acknowledges, for as long as `during` takes. */
  async function whileFlying<T>(hz: number, during: () => Promise<T>): Promise<T> {
    const stop = new AbortController()
    const { signal } = stop
    const flying = flyByHttp(victim.client, spot(DRONES - 1), { hz, signal })
    const gathering = gatherEvents(victim, acknowledged, signal)
    try {
      return await during()
    } finally {
      stop.abort()
      await Promise.all([flying, gathering])
    }
  }

  async function allSeeAll(): Promise<void> {
    await eventually('everyone takes everyone to be at a point', async () => {
      for (const drone of drones) assert.deepEqual(await pointsOf(drone), others(drones, drone))
      // It flies nothing, but it watches the place.
      assert.deepEqual(await pointsOf(relay), others(drones, relay))
    })
  }

  it('converges: everyone sees everyone, and is in touch with them', async () => {
    await whileFlying(10, allSeeAll)
    for (const node of [relay, ...drones]) {
      const connected = (await node.client.peers()).filter(({ state }) => state === 'connected')
      assert.ok(connected.length >= 3, `${node.plan.name} has ${connected.length} peers`)
      assert.ok(connected.every(({ path }) => path === 'direct'))
      assert.ok(connected.every(({ name, version }) => name !== null && version !== null))
    }
  })

  it('sees a drone fail when it is killed, and keeps it as a volume', async () => {
    await whileFlying(10, allSeeAll)
    await victim.kill()
    const rest = [relay, ...drones.filter(drone => drone !== victim)]
    await eventually('everyone has noticed', async () => {
      for (const node of rest) {
        const peer = (await node.client.peers()).find(({ agent }) => agent === victim.agent)
        assert.equal(peer?.state, 'failed', `${node.plan.name} says ${peer?.state}`)
        const neighbor = (await node.client.neighbors()).find(({ agent }) => agent === victim.agent)
        assert.equal(neighbor?.belief, 'volume')
      }
    })
    const [first = assert.fail()] = rest
    const radius = async () =>
      (await first.client.neighbors()).find(({ agent }) => agent === victim.agent)?.uncertaintyM.horizontal ??
      0
    const before = await radius()
    await eventually('the volume grows', async () => assert.ok((await radius()) > before))
  })

  it('loses nothing it has acknowledged, however often it is killed while it writes', async () => {
    for (const [round, events] of [3, 40, 120].entries()) {
      const boot = round + 2
      victim = await restart(boot)
      const before = acknowledged.size
      await whileFlying(50, async () => {
        await eventually(`${events} more events are acknowledged`, () =>
          assert.ok(acknowledged.size >= before + events, `${acknowledged.size - before}`),
        )
        await victim.kill()
      })
      const verdict = await lab.skein('log', 'verify', '--data-dir', victim.plan.dataDir, '-o', 'ndjson')
      assert.equal(verdict.code, 0, verdict.stdout + verdict.stderr)
      const { ok, faults, last } = JSON.parse(verdict.stdout)
      assert.deepEqual([ok, faults], [true, []])
      assert.ok(last >= Math.max(...acknowledged.keys()))
    }
    await killWhileStarting()
    victim = await restart()
  })

  it('is itself again after a crash: same agent, one boot on, and the swarm knows it', async () => {
    await whileFlying(10, async () => {
      await allSeeAll()
      await eventually('its neighbours know its new boot', async () => {
        const { boot } = await victim.client.status()
        for (const node of drones.filter(drone => drone !== victim)) {
          const seen = (await node.client.neighbors()).find(({ agent }) => agent === victim.agent)
          assert.equal(seen?.boot, boot)
        }
      })
    })
  })

  it('takes its leave in good order: left, not failed', async () => {
    const stateAt = async (node: NodeProcess) =>
      (await node.client.peers()).find(({ agent }) => agent === victim.agent)?.state
    await eventually('all are in touch with it again', async () => {
      for (const node of drones.filter(drone => drone !== victim))
        assert.equal(await stateAt(node), 'connected')
    })
    assert.equal(await victim.stop(), 0)
    await eventually('all have seen it leave', async () => {
      for (const node of drones.filter(drone => drone !== victim)) assert.equal(await stateAt(node), 'left')
    })
    const shown = await lab.skein('log', 'show', '--data-dir', victim.plan.dataDir, '-o', 'ndjson')
    const last = JSON.parse(shown.stdout.trimEnd().split('\n').at(-1) ?? '')
    assert.equal(last.type, 'node.stopped')
  })

  /** Starts the victim on what it left, and checks that all it ever showed is still there, and goes on. */
  async function restart(boot?: number): Promise<NodeProcess> {
    const node = await lab.again(victim)
    drones = drones.map(drone => (drone === victim ? node : drone))
    const status = await node.client.status()
    assert.equal(node.agent, victim.agent)
    if (boot !== undefined) assert.equal(status.boot, boot)
    assert.equal(status.log.health, 'whole')
    const log = await logOf(node.client)
    for (const [seq, hash] of acknowledged) assert.equal(log.get(seq)?.hash, hash, `event ${seq}`)
    const starts = [...log.values()].filter(({ type }) => type === 'node.started')
    assert.equal(starts.at(-1)?.boot, status.boot)
    return node
  }

  /** A start is the moment at which the log is read, mended and written to. */
  async function killWhileStarting(): Promise<void> {
    for (const afterMs of [250, 400, 550]) {
      const run = lab.start('run', '--data-dir', victim.plan.dataDir, '--no-mdns', '--api', '0')
      await sleep(afterMs)
      run.child.kill('SIGKILL')
      await run.ended
    }
  }
})

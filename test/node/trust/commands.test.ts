import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '../../../node/client/client.ts'
import type { CommandAnswer } from '../../../node/interface.ts'
import type { RunningNode } from '../../../node/node.ts'
import { SimulatedVehicle } from '../../../node/vehicles/simulated.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import type { LogEvent } from '../../../src/eventlog/event.ts'
import { distanceM } from '../../../src/geo/wgs84.ts'
import type { CommandVerb } from '../../../src/policy/signed-command.ts'
import { DELIVERY_MULTIROTOR } from '../../../src/vehicle/multirotor.ts'
import { eventually } from '../../e2e/helpers/eventually.ts'
import { skein } from '../cli/skein.ts'
import { addressOf, ClosedSwarm, isWith } from './closed-swarm.ts'

/** Nimble, so that no test waits for it. */
const SPEC = { ...DELIVERY_MULTIROTOR, maxClimbMps: 20, maxDescentMps: 15, accelMps2: 15 }
const BASE = { latE7: 473_700_000, lonE7: 85_400_000, altMm: 450_000 }
const RULES = `
version: 1
name: test
revision: 4
lifeMaxMs: 30000
quorumMs: 10000
permit: { goto: { issuers: 1 }, kill: { issuers: 2 } }
rules:
  - { id: reserve, kind: energy, reservePct: 20 }
`

/** Takes off at once, for a place 5 km to the north. */
const flying = (): SimulatedVehicle =>
  new SimulatedVehicle({
    plan: {
      base: BASE,
      route: {
        name: 'north',
        waypoints: [{ ...BASE, latE7: BASE.latE7 + 450_000, altMm: BASE.altMm + 10_000 }],
        speedMps: 5,
      },
      drop: null,
      waitS: 1,
      rechargeBelowPct: 30,
    },
    random: createRandom(1),
    spec: SPEC,
  })

async function eventsOf(node: RunningNode, type: string): Promise<LogEvent[]> {
  const found: LogEvent[] = []
  for await (const { event } of node.readLog(1)) if (event.type === type) found.push(event)
  return found
}

const phaseIs = (vehicle: SimulatedVehicle, phase: string) =>
  eventually(`it is in phase ${phase}`, () => assert.equal(vehicle.phase(), phase))

/** A dispatcher and a flying drone that are connected to one relay, and not to each other. */
async function apart(swarm: ClosedSwarm) {
  const rulesFile = join(swarm.dir, 'rules.yaml')
  await writeFile(rulesFile, RULES)
  const relay = await swarm.member('relay', { roles: ['relay'] })
  const bootstrap = [addressOf(relay)]
  const boss = await swarm.member('boss', {
    roles: ['dispatcher'],
    bootstrap,
    config: { vehicle: { kind: 'none' } },
  })
  await eventually('the dispatcher is in', () => assert.ok(isWith(relay, boss.agent)))
  const agent = await swarm.settle('drone')
  await boss.block([agent])
  const vehicle = flying()
  await swarm.certify('drone', agent)
  const drone = await swarm.run('drone', { bootstrap, vehicle, config: { rulesFile } })
  await eventually('the dispatcher has heard of the drone', () =>
    assert.ok(boss.peers().some(peer => peer.agent === agent)),
  )
  await eventually('the relay has the drone', () => assert.ok(isWith(relay, agent)))
  assert.ok(!isWith(boss, agent))
  await phaseIs(vehicle, 'cruise')
  return { relay, boss, drone, vehicle, bootstrap }
}

const tell = (from: RunningNode, target: string, verb: CommandVerb): Promise<CommandAnswer> =>
  from.command({ target, verb, ttlMs: 10_000 })

describe('commands in a closed swarm', function () {
  this.timeout(60_000)

  it('reach a drone that only a relay reaches: it holds, goes, returns and lands, and says so', async () => {
    await using swarm = await ClosedSwarm.found()
    const { relay, boss, drone, vehicle } = await apart(swarm)
    // The certificate of a drone that only a relay knows is not known here, and its name by hearsay alone.
    await assert.rejects(tell(boss, 'drone', 'hold'), { code: 'unknown-target' })
    const held = await tell(boss, drone.agent, 'hold')
    assert.deepEqual([held.decision, held.rule, held.target], ['allow', 'core.safe', drone.agent])
    await phaseIs(vehicle, 'hover')
    await eventually('it has run for long enough to be sent anywhere', async () => {
      const point = { ...BASE, latE7: BASE.latE7 + 20_000, altMm: BASE.altMm + 15_000 }
      const sent = await boss.command({ target: drone.agent, verb: 'goto', point, ttlMs: 10_000 })
      assert.equal(sent.decision, 'allow', sent.reason)
    })
    await phaseIs(vehicle, 'cruise')
    assert.equal((await tell(boss, drone.agent, 'return')).decision, 'allow')
    await phaseIs(vehicle, 'return')
    assert.equal((await tell(boss, drone.agent, 'land')).decision, 'allow')
    await phaseIs(vehicle, 'ground')

    const decided = (await eventsOf(drone, 'command.decided')).map(({ data }) => data)
    assert.deepEqual(
      decided.filter(({ allow }) => allow).map(({ verb }) => verb),
      ['hold', 'goto', 'return', 'land'],
    )
    assert.deepEqual([decided[0]?.rules, decided[0]?.revision], ['test', 4])
    assert.deepEqual(decided[0]?.authors, [boss.agent])
    await eventually('the dispatcher has the answers in its log', async () => {
      const answered = await eventsOf(boss, 'command.answered')
      assert.equal(answered.length, (await eventsOf(boss, 'command.sent')).length)
    })
    assert.match(await relay.metrics(), /^skein_commands_total\{verb="hold",decision="forward"\} 1$/m)
    assert.match(await drone.metrics(), /^skein_commands_total\{verb="land",decision="allow"\} 1$/m)
  })

  it('are given by the API and the command line, and by those only whose role lets them', async () => {
    await using swarm = await ClosedSwarm.found()
    const { relay, boss, drone, vehicle } = await apart(swarm)
    const api = (node: RunningNode) => createClient({ url: node.status().api })
    const post = { target: drone.agent, verb: 'hold', nonce: 'ab'.repeat(16) } as const
    const [first, again] = [await api(boss).command(post), await api(boss).command(post)]
    assert.deepEqual(again, first, 'one nonce, one command')
    assert.equal((await eventsOf(drone, 'command.decided')).length, 1)
    const { code, stdout, stderr } = await skein(['command', 'land', drone.agent, '--api', boss.status().api])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^decision +allow$/m)
    await eventually('it lands', () => assert.match(vehicle.phase(), /^(land|ground)$/))

    for (const node of [relay, drone]) {
      await assert.rejects(api(node).command(post), { status: 403, code: 'command-role' })
    }
    await assert.rejects(api(boss).command({ ...post, verb: 'land' }), { status: 409, code: 'command-nonce' })
    await assert.rejects(api(boss).command({ ...post, target: 'nobody' }), { status: 404 })
    await assert.rejects(api(boss).command({ target: 'drone', verb: 'kill' }), { status: 401 })
    await assert.rejects(api(boss).command({ target: 'drone', verb: 'goto' }), { status: 422 })
  })

  it('say that nobody knows when no answer comes, and with which nonce to ask again', async () => {
    await using swarm = await ClosedSwarm.found()
    const { boss, drone, vehicle } = await apart(swarm)
    await swarm.stop(drone)
    const asked = createClient({ url: boss.status().api }).command({ target: drone.agent, verb: 'land' })
    await assert.rejects(
      asked,
      (error: { status: number; problem: { nonce: string; definite: boolean } }) => {
        assert.equal(error.status, 504)
        assert.match(error.problem.nonce, /^[0-9a-f]{32}$/)
        return error.problem.definite === false
      },
    )
    assert.notEqual(vehicle.phase(), 'land')
  })

  it('switch the motors off when two dispatchers say so, and not for one', async () => {
    await using swarm = await ClosedSwarm.found()
    const { boss, drone, vehicle, bootstrap } = await apart(swarm)
    const second = await swarm.member('second', {
      roles: ['regulator'],
      bootstrap,
      config: { vehicle: { kind: 'none' } },
    })
    await eventually('the second knows the drone', () =>
      assert.ok(second.peers().some(({ agent }) => agent === drone.agent)),
    )
    await eventually('two make it', async () => {
      const alone = await tell(boss, drone.agent, 'kill')
      assert.deepEqual([alone.decision, alone.rule], ['wait', 'permit.kill'])
      assert.equal(vehicle.phase(), 'cruise')
      assert.equal((await tell(second, drone.agent, 'kill')).decision, 'allow')
    })
    await phaseIs(vehicle, 'ground')
    const last = (await eventsOf(drone, 'command.decided')).at(-1)
    assert.deepEqual(last?.data.authors, [boss.agent, second.agent])
    await eventually('the first is told, too', async () => {
      const answered = await eventsOf(boss, 'command.answered')
      assert.equal(answered.at(-1)?.data.decision, 'allow')
    })
    assert.equal((await tell(boss, drone.agent, 'hold')).decision, 'allow')
    assert.equal(vehicle.phase(), 'ground', 'they stay off')
  })
})

describe('a drone whose certificate ends in flight', function () {
  this.timeout(90_000)

  async function endsSoon(swarm: ClosedSwarm) {
    const hub = await swarm.member('hub', { roles: ['anchor'] })
    const vehicle = flying()
    const notAfterMs = Date.now() + 6_000
    const drone = await swarm.member('drone', { bootstrap: [addressOf(hub)], notAfterMs, vehicle })
    await phaseIs(vehicle, 'cruise')
    await phaseIs(vehicle, 'return')
    assert.ok(isWith(hub, drone.agent), 'it is heard on its way home')
    return { hub, drone, vehicle }
  }
  const orders = async (drone: RunningNode) =>
    (await eventsOf(drone, 'trust.ended')).map(({ data: { order, airborne } }) => `${order} ${airborne}`)
  const fromHomeM = (drone: RunningNode): number => {
    const { fix } = drone.status().vehicle
    assert.ok(fix !== null)
    return distanceM(fix.latE7, fix.lonE7, BASE.latE7, BASE.lonE7)
  }

  it('comes home and lands there', async () => {
    await using swarm = await ClosedSwarm.found('closed', 60_000)
    const { drone, vehicle, hub } = await endsSoon(swarm)
    assert.ok(fromHomeM(drone) > 5)
    await phaseIs(vehicle, 'ground')
    assert.ok(fromHomeM(drone) < 2, `${fromHomeM(drone)} m from home`)
    assert.ok(isWith(hub, drone.agent), 'and is heard all the way')
    assert.equal((await orders(drone)).filter(order => order !== 'none false').join(), 'return true')
  })

  it('lands where it is when nobody hears it any more', async () => {
    await using swarm = await ClosedSwarm.found('closed', 2_500)
    const { drone, vehicle, hub } = await endsSoon(swarm)
    await eventually('the others let go of it', () => assert.ok(!isWith(hub, drone.agent)))
    await phaseIs(vehicle, 'ground')
    const given = (await orders(drone)).filter(order => order !== 'none false')
    assert.deepEqual(given, ['return true', 'land true'])
    assert.ok(fromHomeM(drone) > 2, `${fromHomeM(drone)} m from home`)
  })
})

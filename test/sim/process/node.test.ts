import assert from 'node:assert/strict'
import { SimDisk } from '../../../sim/disk/disk.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import { SimClock } from '../../../sim/process/clock.ts'
import { BACKLOG_MAX, type NodeShell, packetOf, SimNode } from '../../../sim/process/node.ts'
import { fakeSigner } from '../../../sim/signer.ts'
import { Agent } from '../../../src/agent/agent.ts'
import { DEFAULT_AGENT_CONFIG } from '../../../src/agent/config.ts'
import type { Effect, Input } from '../../../src/agent/interface.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'

/** An agent that answers each input with what the test wants, and remembers what it got. */
class Scripted extends Agent {
  readonly inputs: Input[] = []
  answer: (input: Input) => readonly Effect[] = () => []

  override step(input: Input): readonly Effect[] {
    this.inputs.push(input)
    return this.answer(input)
  }
}

function setup() {
  const left: string[] = []
  const ticks: number[] = []
  const shell: NodeShell = {
    publish: () => left.push('publish'),
    subscribe: (_, cell) => left.push(`subscribe ${cell}`),
    unsubscribe: () => left.push('unsubscribe'),
    send: () => left.push('send'),
    write: (node, { token, ops }) => node.disk.write(token, ops),
    tickAt: (_, atUs) => ticks.push(atUs),
    event: () => left.push('event'),
    admission: () => left.push('admission'),
    expel: () => left.push('expel'),
    actuate: () => left.push('actuate'),
    stepped: () => {},
    released: (node, after) => assert.ok(node.disk.isDurable(after), `write ${after} is not durable`),
  }
  const random = createRandom(1)
  const signer = fakeSigner(1)
  const node = new SimNode(0, {
    lives: new Int32Array(1),
    disk: new SimDisk(random.fork('disk/0')),
    clock: new SimClock(),
    signer,
    lot: random.fork('shell/0'),
  })
  const recovered = recoverLog({ author: node.id, boot: 1, signer, hlc: 1 }, () => [])
  const agent = new Scripted(
    { ...DEFAULT_AGENT_CONFIG, agent: node.id, boot: 1 },
    { random, signer },
    recovered,
  )
  node.start(agent, shell, 0)
  return { node, agent, left, ticks }
}

const NOTE = packetOf({ t: 'note', draft: { type: 'a.b', subject: '', data: {} } }, 1)
const write = (token: number): Effect => ({ t: 'write', token, ops: [], sync: true })
const publishAfter = (token: number): Effect => ({
  t: 'publish',
  cell: '881f8d4b07fffff',
  position: {} as never,
  after: token,
})

describe('simulated node', () => {
  it('holds an effect that names a write until that write is durable', () => {
    const { node, agent, left } = setup()
    agent.answer = () => [write(1), publishAfter(1)]
    node.handle(NOTE, 10)
    assert.deepEqual(left, [])
    assert.equal(node.held, 1)
    node.disk.harden(1)
    node.release(1)
    assert.deepEqual(left, ['publish'])
    assert.equal(node.held, 0)
  })

  it('lets out at once what names a write that is durable already', () => {
    const { node, agent, left } = setup()
    node.disk.write(7, [])
    node.disk.harden(7)
    agent.answer = () => [publishAfter(7)]
    node.handle(NOTE, 10)
    assert.deepEqual(left, ['publish'])
  })

  it('forgets held effects with the life that made them', () => {
    const { node, agent, left } = setup()
    agent.answer = () => [write(1), publishAfter(1)]
    node.handle(NOTE, 10)
    node.kill()
    node.disk.crash(true)
    node.release(1)
    assert.deepEqual(left, [])
    assert.equal(node.held, 0)
    assert.equal(node.epoch, 1)
  })

  it('keeps what comes during a pause, in order and bounded, and hands it over before one tick', () => {
    const { node, agent } = setup()
    agent.answer = input => (input.t === 'start' || input.t === 'tick' ? [{ t: 'wake', atUs: 100 }] : [])
    node.handle(packetOf({ t: 'start', data: {} }, 0), 0)
    agent.inputs.length = 0
    node.pausedUntilUs = 5_000
    for (let i = 0; i < BACKLOG_MAX + 5; i++) node.handle(packetOf({ t: 'written', token: i }, i), 1_000)
    node.tick(1_000)
    assert.deepEqual(agent.inputs, [])
    assert.equal(node.backlogDropped, 5)
    node.resume(5_000)
    assert.equal(agent.inputs.length, BACKLOG_MAX + 1)
    assert.deepEqual(agent.inputs[0], { t: 'written', token: 0 })
    assert.deepEqual(agent.inputs.at(-1), { t: 'tick' })
  })

  it('asks for one tick, again only for an earlier one, and never ticks early', () => {
    const { node, agent, ticks } = setup()
    const wakes = [900, 700, 800]
    agent.answer = input => (input.t === 'note' ? [{ t: 'wake', atUs: wakes.shift() ?? 0 }] : [])
    for (let i = 0; i < 3; i++) node.handle(NOTE, 10)
    assert.deepEqual(ticks, [900, 700])
    agent.inputs.length = 0
    node.tick(700)
    assert.deepEqual(agent.inputs, [], 'the last wake asked for 800')
    assert.deepEqual(ticks, [900, 700, 800])
    node.tick(800)
    assert.deepEqual(agent.inputs, [{ t: 'tick' }])
  })
})

describe('simulated clock', () => {
  it('drifts, steps the wall clock alone, and starts its monotonic clock anew at a boot', () => {
    const clock = new SimClock()
    clock.driftPpm = 200
    const before = clock.read(1_000_000_000)
    assert.equal(before.monoUs, 1_000_200_000)
    clock.offsetMs -= 3_600_000
    const after = clock.read(1_000_000_000)
    assert.equal(after.monoUs, before.monoUs)
    assert.equal(after.wallMs, before.wallMs - 3_600_000)
    clock.boot(1_000_000_000)
    assert.equal(clock.read(1_000_000_000).monoUs, 0)
  })

  it('knows when it will show a time', () => {
    const clock = new SimClock()
    clock.driftPpm = -137
    clock.boot(12_345)
    for (const monoUs of [0, 1, 999_999, 600_000_001]) {
      const atUs = clock.atUs(monoUs)
      assert.ok(clock.monoUs(atUs) >= monoUs && clock.monoUs(atUs - 2) < monoUs)
    }
  })
})

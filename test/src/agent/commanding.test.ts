import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cellOf } from '../../../src/geo/cells.ts'
import { ROLES, type Role } from '../../../src/policy/roles.ts'
import type { CommandAck, CommandVerb } from '../../../src/policy/signed-command.ts'
import { listOf, revocationOf } from '../policy/samples.ts'
import { HOVER, T0_MS } from '../position/samples.ts'
import { HOUR_MS, SWARM } from './closed.ts'
import {
  CommandNet,
  decisionOf,
  draft,
  LENIENT,
  type Member,
  type MemberOptions,
  newNonce,
  POINT,
  signedBy,
} from './command-net.ts'
import { Rig } from './rig.ts'

/**
 * What a vehicle does when one author with one role says each verb, every rule set permitting it: `does` = it is
 * carried out; `waits` = a second author must agree; `can't` = allowed, but no vehicle flies missions yet; `role` =
 * the author may not.
 */
const TABLE = `
              hold  land  return  start  abort  goto  kill
  drone       role  role  role    role   role   role  role
  anchor      role  role  role    role   role   role  role
  relay       role  role  role    role   role   role  role
  dispatcher  does  does  does    can't  can't  does  waits
  observer    role  role  role    role   role   role  role
  regulator   does  does  does    role   role   role  waits
  bridge      role  role  role    role   role   role  role
`
const [VERBS = [], ...ROWS] = TABLE.trim()
  .split('\n')
  .map(line => line.trim().split(/ +/))
const ANSWERS: Readonly<Record<string, RegExp>> = {
  does: /^allow (core\.safe|permit\.goto)$/,
  waits: /^wait permit\.kill$/,
  "can't": /^refuse core\.vehicle$/,
  role: /^refuse core\.role$/,
}

/** An author and a vehicle that know each other, and that have run for a while. */
function pair(author: MemberOptions = {}, vehicle: MemberOptions = {}) {
  const net = new CommandNet()
  const [boss, drone] = [
    net.add({ roles: ['dispatcher'], ...author }),
    net.add({ rules: LENIENT, ...vehicle }),
  ]
  net.pass(10_000)
  net.connect(boss, drone)
  return { net, boss, drone }
}

/** Hands the vehicle a command straight from its author; what it answers. */
function tell(
  net: CommandNet,
  from: Member,
  to: Member,
  changes: Partial<Parameters<typeof signedBy>[1]> = {},
) {
  const before = to.sent.length
  net.hand(from, to, signedBy(from.id, { target: to.id, issuedMs: nowMs(from), ...changes }))
  return acksIn(to, before)
}

const nowMs = ({ rig }: Member): number => T0_MS + rig.ms
const acksIn = ({ sent }: Member, from = 0): readonly string[] =>
  sent.slice(from).flatMap(({ message }) => (message.t === 'command-ack' ? [decisionOf(message.ack)] : []))
const sentCommands = ({ sent }: Member) => sent.filter(({ message }) => message.t === 'command')

describe('commands: who may say what to a vehicle', () => {
  it('is written out whole below', () => {
    assert.deepEqual(ROWS.map(([role]) => role).toSorted(), ROLES.toSorted())
    assert.deepEqual(
      VERBS.toSorted(),
      ['hold', 'land', 'return', 'start', 'abort', 'goto', 'kill'].toSorted(),
    )
  })

  for (const [role = '', ...cells] of ROWS) {
    for (const [i, cell] of cells.entries()) {
      const verb = VERBS[i] as CommandVerb
      it(`${role}: ${verb} ${cell}`, () => {
        const { net, boss, drone } = pair({ roles: [role as Role] })
        const point = verb === 'goto' ? POINT : null
        const [answer = 'none'] = tell(net, boss, drone, { verb, point })
        assert.match(answer, ANSWERS[cell] ?? /^$/)
        assert.deepEqual(drone.orders, cell === 'does' ? [verb] : [])
      })
    }
  }
})

describe('commands: from an operator to a vehicle', () => {
  it('are carried out and answered, and both ends have them in their logs', () => {
    const { net, boss, drone } = pair()
    const nonce = newNonce()
    assert.deepEqual(net.send(boss, draft({ target: drone.id, verb: 'land', nonce })), {
      refused: null,
      ack: null,
    })
    assert.deepEqual(drone.orders, ['land'])
    assert.deepEqual(boss.answers.map(decisionOf), ['allow core.safe'])
    assert.equal(boss.answers[0]?.nonce, nonce)
    const [decided] = drone.logged('command.decided')
    assert.deepEqual(
      { ...decided, commands: null },
      {
        verb: 'land',
        point: null,
        authors: [boss.id],
        nonce,
        decision: 'allow',
        allow: true,
        rule: 'core.safe',
        reason: 'hold, land and return are always carried out',
        rules: 'lenient',
        revision: 3,
        commands: null,
      },
    )
    assert.equal(boss.logged('command.sent').length, 1)
    assert.equal(boss.logged('command.answered')[0]?.decision, 'allow')
    assert.equal(drone.rig.agent.counters.commands.land.allow, 1)
  })

  it('go to the own vehicle as to any other', () => {
    const net = new CommandNet()
    const boss = net.add({ roles: ['drone', 'dispatcher'] })
    net.send(boss, draft({ target: boss.id, verb: 'return' }))
    assert.deepEqual(boss.orders, ['return'])
    assert.deepEqual(boss.answers.map(decisionOf), ['allow core.safe'])
  })

  it('are not sent by whom the role does not let, nor by a node that is alone', () => {
    const { net, boss, drone } = pair()
    assert.equal(net.send(drone, draft({ target: boss.id })).refused?.code, 'role')
    assert.equal(net.send(drone, draft({ target: drone.id })).refused?.code, 'role', 'not even to itself')
    net.cut(boss, drone)
    assert.equal(net.send(boss, draft({ target: drone.id })).refused?.code, 'alone')
    assert.equal(sentCommands(drone).length + sentCommands(boss).length, 0)
  })

  it('are done once, however often the operator asks with one nonce, and answered each time', () => {
    const { net, boss, drone } = pair()
    const what = draft({ target: drone.id, verb: 'hold' })
    net.send(boss, what)
    assert.equal(decisionOf(net.send(boss, what).ack ?? undefined), 'allow core.safe')
    assert.equal(net.send(boss, { ...what, verb: 'land' }).refused?.code, 'nonce')
    assert.deepEqual(drone.orders, ['hold'])
  })

  it('are answered again when the first answer was lost', () => {
    const { net, boss, drone } = pair()
    const command = signedBy(boss.id, { target: drone.id, issuedMs: nowMs(boss) })
    net.hand(boss, drone, command)
    const before = drone.sent.length
    for (let i = 0; i < 20; i++) net.hand(boss, drone, command)
    assert.deepEqual(drone.orders, ['hold'])
    assert.deepEqual(acksIn(drone, before), Array(4).fill('allow core.safe'), 'a few times')
  })

  it('are nothing to an open swarm', () => {
    const open = new Rig()
    open.settle(open.start())
    const { boss } = pair()
    const message = {
      t: 'command',
      command: signedBy(boss.id, { target: open.id }),
      credential: null,
    } as const
    assert.deepEqual(open.step({ t: 'sync', from: boss.id, message }), [])
    assert.throws(() => open.agent.command(draft({ target: boss.id }), open.now), /open swarm/)
  })
})

describe('commands: durable before visible', () => {
  it('are carried out and answered only once the decision is on disk', () => {
    const { net, boss, drone } = pair()
    drone.diskHolds = true
    net.send(boss, draft({ target: drone.id, verb: 'goto' }))
    net.pass(3_000)
    assert.deepEqual([drone.orders, boss.answers], [[], []])
    net.release(drone)
    assert.deepEqual(drone.orders, ['goto'])
    assert.deepEqual(boss.answers.map(decisionOf), ['allow permit.goto'])
  })

  it('are refused when they ended while the disk took its time', () => {
    const { net, boss, drone } = pair()
    drone.diskHolds = true
    net.send(boss, draft({ target: drone.id, verb: 'goto', ttlMs: 5_000 }))
    net.pass(9_000)
    net.release(drone)
    assert.deepEqual(drone.orders, [])
    assert.deepEqual(boss.answers.map(decisionOf), ['refuse core.expired'])
    const decisions = drone.logged('command.decided').map(({ decision }) => decision)
    assert.deepEqual(decisions, ['allow', 'refuse'])
  })

  it('let no vehicle hang in the air for a disk that is full: what is safe is done after a second', () => {
    const { net, boss, drone } = pair()
    drone.diskHolds = true
    net.send(boss, draft({ target: drone.id, verb: 'land' }))
    assert.deepEqual(drone.orders, [])
    net.pass(2_000)
    assert.deepEqual(drone.orders, ['land'])
    net.release(drone)
    assert.deepEqual(drone.orders, ['land'], 'once')
    assert.equal(boss.answers.length, 1)
  })
})

describe('commands: what is refused', () => {
  const start = (vehicle: MemberOptions = {}, author: MemberOptions = {}) => pair(author, vehicle)

  it('one that ended; one of a recorder, long after', () => {
    const { net, boss, drone } = start()
    const command = signedBy(boss.id, { target: drone.id, verb: 'land', issuedMs: nowMs(boss) })
    net.pass(12_000)
    net.hand(boss, drone, command)
    assert.deepEqual(acksIn(drone), ['refuse core.expired'])
    assert.deepEqual(drone.orders, [])
  })

  it('the same one again, whoever brings it', () => {
    const { net, boss, drone } = start()
    const thief = net.add()
    net.connect(thief, drone)
    const command = signedBy(boss.id, { target: drone.id, verb: 'goto', issuedMs: nowMs(boss) })
    net.hand(boss, drone, command)
    net.hand(thief, drone, command, boss)
    net.hand(thief, drone, { ...command, verb: 'land', point: null }, boss)
    assert.deepEqual(drone.orders, ['goto'])
    assert.equal(drone.rig.agent.counters.commands.goto.repeat, 1)
  })

  it('one for another: it stays where it is', () => {
    const { net, boss, drone } = start()
    net.hand(boss, drone, signedBy(boss.id, { target: 'somebody', issuedMs: nowMs(boss) }))
    assert.deepEqual(drone.orders, [])
  })

  it('by an author whose certificate is over, also in the time of grace', () => {
    const { net, boss, drone } = start({}, { roles: ['drone', 'dispatcher'], notAfterMs: T0_MS + 15_000 })
    net.pass(7_000)
    const command = (verb: CommandVerb) => tell(net, boss, drone, { verb, point: null })
    assert.deepEqual(drone.orders, [])
    // A peer in grace may not even hand commands on.
    assert.deepEqual(command('land'), [])
    const other = net.add()
    net.connect(other, drone)
    net.hand(other, drone, signedBy(boss.id, { target: drone.id, issuedMs: nowMs(boss) }), boss)
    assert.deepEqual(acksIn(drone), ['refuse core.standing'])
    assert.deepEqual(drone.orders, [])
  })

  it('by an author whose certificate was taken back, even where nobody knew it before', () => {
    const net = new CommandNet()
    const [boss, drone, other] = [net.add({ roles: ['dispatcher'] }), net.add(), net.add()]
    net.connect(other, drone)
    const list = listOf({ swarm: SWARM, revocations: [revocationOf(boss.id, 1)] })
    net.run(drone, drone.rig.agent.revoke(list, drone.rig.now).effects)
    net.hand(other, drone, signedBy(boss.id, { target: drone.id, issuedMs: nowMs(boss) }), boss)
    assert.deepEqual(acksIn(drone), ['refuse core.standing'])
  })

  it('by an author nobody can show a certificate of', () => {
    const { net, boss, drone } = start()
    const message = {
      t: 'command',
      command: signedBy('ghost', { target: drone.id }),
      credential: null,
    } as const
    net.run(drone, drone.rig.step({ t: 'sync', from: boss.id, message }))
    assert.deepEqual(acksIn(drone), ['refuse core.standing'])
  })

  it('out of the author’s scope: where the vehicle is, where it is sent, or while nobody knows where that is', () => {
    const here = cellOf(HOVER.latE7, HOVER.lonE7, 6)
    const far = cellOf(HOVER.latE7 + 50_000_000, HOVER.lonE7, 6)
    const scoped = (cells: readonly string[]) => start({}, { cells })
    const away = scoped([far])
    assert.deepEqual(tell(away.net, away.boss, away.drone, { verb: 'land', point: null }), [
      'refuse core.scope',
    ])
    const near = scoped([far, here])
    assert.deepEqual(tell(near.net, near.boss, near.drone, { verb: 'land', point: null }), [
      'allow core.safe',
    ])
    const out = { latE7: HOVER.latE7 + 10_000_000, lonE7: HOVER.lonE7, altMm: 500_000 }
    const sent = (point: typeof out) => tell(near.net, near.boss, near.drone, { verb: 'goto', point })
    assert.deepEqual([sent(out), sent(POINT)], [['refuse core.scope'], ['allow permit.goto']])
    const lost = scoped([here])
    lost.drone.rig.ms += 4_000
    assert.deepEqual(tell(lost.net, lost.boss, lost.drone), ['refuse core.scope'])
  })

  it('what the vehicle can’t do, in words', () => {
    const { net, boss, drone } = start({ vehicle: { takes: [], endurance: null } })
    assert.deepEqual(tell(net, boss, drone, { verb: 'land', point: null }), ['refuse core.vehicle'])
    const [decided] = drone.logged('command.decided')
    assert.match(String(decided?.reason), /takes no orders: whoever flies it must act/)
    const glider = start({ vehicle: { takes: ['land'], endurance: null } })
    tell(glider.net, glider.boss, glider.drone, { verb: 'abort', point: null })
    assert.match(String(glider.drone.logged('command.decided')[0]?.reason), /flies no missions/)
  })

  it('all but what is safe, when no rules could be read', () => {
    const { net, boss, drone } = start({ rules: null })
    const say = (verb: CommandVerb) => tell(net, boss, drone, { verb, point: verb === 'goto' ? POINT : null })
    assert.deepEqual(say('goto'), ['refuse core.no-rules'])
    assert.deepEqual(say('kill'), ['refuse core.no-rules'])
    assert.deepEqual([say('hold'), say('return'), say('land')].flat(), Array(3).fill('allow core.safe'))
    assert.deepEqual(drone.orders, ['hold', 'return', 'land'])
  })

  it('what may be a replay from before the restart, but nothing that is safe', () => {
    const net = new CommandNet()
    const [boss, drone] = [net.add({ roles: ['dispatcher'] }), net.add({ rules: LENIENT })]
    net.connect(boss, drone)
    const before = { issuedMs: T0_MS - 1_000, notAfterMs: T0_MS + 20_000 }
    assert.deepEqual(tell(net, boss, drone, { verb: 'goto', point: POINT, ...before }), [
      'refuse core.restarted',
    ])
    assert.deepEqual(tell(net, boss, drone, { verb: 'hold', point: null, ...before }), ['allow core.safe'])
  })

  it('what only the default rules object to: no zones are known, so nothing is sent anywhere', () => {
    const net = new CommandNet()
    const [boss, drone] = [net.add({ roles: ['dispatcher'] }), net.add()]
    net.pass(10_000)
    net.connect(boss, drone)
    assert.deepEqual(tell(net, boss, drone, { verb: 'goto', point: POINT }), ['refuse geo-zones'])
  })
})

describe('commands: a kill', () => {
  function three(rules = LENIENT) {
    const net = new CommandNet()
    const bosses = [1, 2, 3].map(() => net.add({ roles: ['dispatcher'] }))
    const drone = net.add({ rules })
    net.pass(10_000)
    for (const boss of bosses) net.connect(boss, drone)
    const kill = (i: number) => {
      const boss = bosses[i]
      assert.ok(boss !== undefined)
      net.send(boss, draft({ target: drone.id, verb: 'kill' }))
      return boss.answers.map(decisionOf)
    }
    return { net, bosses, drone, kill }
  }

  it('takes two authors, and both learn of it', () => {
    const { bosses, drone, kill } = three()
    assert.deepEqual(kill(0), ['wait permit.kill'])
    assert.deepEqual(drone.orders, [])
    assert.deepEqual(kill(1), ['allow permit.kill'])
    assert.deepEqual(drone.orders, ['kill'])
    assert.deepEqual(bosses[0]?.answers.map(decisionOf), ['wait permit.kill', 'allow permit.kill'])
    const authors = drone.logged('command.decided').at(-1)?.authors
    assert.deepEqual(authors, [bosses[0]?.id, bosses[1]?.id])
    assert.deepEqual(kill(2), ['wait permit.kill'], 'and the next one begins anew')
  })

  it('is never done for one alone, however often it asks', () => {
    const { drone, kill } = three()
    for (let i = 0; i < 12; i++) kill(0)
    assert.deepEqual(drone.orders, [])
  })

  it('regression: is said to wait once, whatever the vehicle says, and then what was decided', () => {
    const { net, boss, drone } = pair()
    const asked = draft({ target: drone.id, verb: 'kill' })
    net.send(boss, asked)
    const [waits] = boss.answers
    assert.equal(decisionOf(waits), 'wait permit.kill')
    const answer = (changes: Partial<CommandAck>, hlc: number) => {
      assert.ok(waits)
      const message = { t: 'command-ack', ack: { ...waits, ...changes, hlc } } as const
      net.run(boss, boss.rig.step({ t: 'sync', from: drone.id, message }))
    }
    for (let i = 1; i <= 100; i++) answer({}, waits ? waits.hlc + i : i)
    assert.equal(boss.logged('command.answered').length, 1)
    answer({ decision: 'allow' }, (waits?.hlc ?? 0) + 101)
    assert.deepEqual(
      boss.logged('command.answered').map(({ decision }) => decision),
      ['wait', 'allow'],
    )
  })

  it('is not done for two who do not agree in time', () => {
    const { net, drone, kill } = three()
    kill(0)
    net.pass(11_000)
    assert.deepEqual(kill(1), ['wait permit.kill'])
    assert.deepEqual(drone.orders, [])
    kill(2)
    assert.deepEqual(drone.orders, ['kill'], 'who is late spoils nothing for those in time')
  })

  it('does not count one whose certificate was taken back meanwhile', () => {
    const { net, bosses, drone, kill } = three()
    kill(0)
    const list = listOf({ swarm: SWARM, revocations: [revocationOf(bosses[0]?.id ?? '', 1)] })
    net.run(drone, drone.rig.agent.revoke(list, drone.rig.now).effects)
    assert.deepEqual(kill(1), ['wait permit.kill'])
    assert.deepEqual(drone.orders, [])
    kill(2)
    assert.deepEqual(drone.orders, ['kill'])
  })

  it('needs a third where people may be below', () => {
    const rules = { ...LENIENT, rules: [{ id: 'people', kind: 'people', unlessIssuers: 3 }] } as const
    const { drone, kill } = three(rules)
    kill(0)
    assert.deepEqual(kill(1), ['wait people'])
    kill(2)
    assert.deepEqual(drone.orders, ['kill'])
  })
})

describe('commands: handed on', () => {
  /** boss - a - b - drone, and back only the way they came. */
  function line() {
    const net = new CommandNet()
    const boss = net.add({ roles: ['dispatcher'] })
    const [a, b] = [net.add({ roles: ['relay'] }), net.add()]
    const drone = net.add({ rules: LENIENT })
    net.pass(10_000)
    net.connect(boss, a)
    net.connect(a, b)
    net.connect(b, drone)
    return { net, boss, a, b, drone }
  }

  it('reach a vehicle that only others know, and its answer comes back', () => {
    const { net, boss, a, drone } = line()
    net.send(boss, draft({ target: drone.id, verb: 'goto' }))
    assert.deepEqual(drone.orders, ['goto'])
    assert.deepEqual(boss.answers.map(decisionOf), ['allow permit.goto'])
    assert.equal(a.rig.agent.counters.commands.goto.forward, 1)
  })

  it('find another way back when the one they came is cut', () => {
    const { net, boss, a, b, drone } = line()
    const other = net.add()
    net.connect(other, boss)
    net.connect(other, b)
    drone.diskHolds = true
    net.send(boss, draft({ target: drone.id, verb: 'goto' }))
    net.cut(a, b)
    net.cut(a, boss)
    net.release(drone)
    assert.deepEqual(boss.answers.map(decisionOf), ['allow permit.goto'])
  })

  it('go over each link once at most, in any graph, and reach whoever can be reached', () => {
    const anyGraph = fc.record({
      size: fc.integer({ min: 2, max: 7 }),
      edges: fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 14 }),
    })
    fc.assert(
      fc.property(anyGraph, ({ size, edges }) => {
        const net = new CommandNet()
        const all = Array.from({ length: size }, (_, i) =>
          net.add({ roles: [i === 0 ? 'dispatcher' : 'drone'] }),
        )
        const linked = new Set<string>()
        for (const [x, y] of edges) {
          const [one, other] = [all[Math.min(x, y)], all[Math.max(x, y)]]
          if (one === undefined || other === undefined || one === other) continue
          if (!linked.has(`${x} ${y}`) && !linked.has(`${y} ${x}`)) net.connect(one, other)
          linked.add(`${x} ${y}`)
        }
        const [boss, drone] = [all[0], all.at(-1)]
        assert.ok(boss !== undefined && drone !== undefined)
        net.send(boss, draft({ target: drone.id }))
        const isReachable = reaches(all, boss, drone)
        assert.deepEqual(drone.orders, isReachable ? ['hold'] : [])
        assert.equal(boss.answers.length, isReachable ? 1 : 0)
        for (const member of all) {
          const to = sentCommands(member).map(sent => sent.to)
          assert.equal(new Set(to).size, to.length, 'twice over one link')
        }
      }),
      { numRuns: 60 },
    )
  })

  it('not by those who have to know better: late, or by who may not', () => {
    const { net, boss, a, b, drone } = line()
    const late = signedBy(boss.id, { target: drone.id, issuedMs: nowMs(boss) - 20_000 })
    net.hand(boss, a, late)
    net.hand(b, a, signedBy(b.id, { target: drone.id, issuedMs: nowMs(b) }))
    assert.equal(sentCommands(a).length, 0)
    const why = a.logged('command.dropped').map(data => data.why)
    assert.deepEqual(why, ['too late', 'its author may not'])
  })
})

/** Whether there is a way from one member to another, by what they are connected with. */
function reaches(all: readonly Member[], from: Member, to: Member): boolean {
  const found = new Set([from.id])
  for (const id of found) {
    const peers = all.find(member => member.id === id)?.rig.agent.trusting?.peers ?? []
    for (const peer of peers) found.add(peer)
  }
  return found.has(to.id)
}

describe('commands: a flood', () => {
  it('of one author costs little, is counted and told of, and keeps nobody else out', () => {
    const { net, boss, drone } = pair()
    const second = net.add({ roles: ['regulator'] })
    net.connect(second, drone)
    for (let i = 0; i < 5_000; i++) tell(net, boss, drone, { verb: 'hold', point: null })
    assert.equal(drone.orders.length, 20)
    const { hold } = drone.rig.agent.counters.commands
    assert.equal(hold.allow + hold.drop, 5_000)
    assert.ok(drone.logged('command.dropped').length <= 10)
    assert.deepEqual(tell(net, second, drone, { verb: 'land', point: null }), ['allow core.safe'])
    net.pass(5_000)
    assert.deepEqual(tell(net, boss, drone, { verb: 'hold', point: null }), ['allow core.safe'], 'it heals')
  })

  it('of one who may not command is answered a few times', () => {
    const { net, boss, drone } = pair({ roles: ['observer'] })
    for (let i = 0; i < 1_000; i++) tell(net, boss, drone, { verb: 'hold', point: null })
    assert.equal(acksIn(drone).length, 5)
    assert.ok(drone.logged('command.decided').length <= 5)
  })

  it('regression: of authors that nobody knows makes no vehicle forget what it has done, and fills no log', () => {
    const { net, boss, drone } = pair()
    const evil = net.add({ roles: ['relay'] })
    net.connect(evil, drone)
    const issuedMs = nowMs(boss)
    const go = signedBy(boss.id, { target: drone.id, verb: 'goto', issuedMs, notAfterMs: issuedMs + 30_000 })
    net.hand(boss, drone, go)
    net.hand(boss, drone, signedBy(boss.id, { target: drone.id, issuedMs: issuedMs + 1 }))
    const orders = [...drone.orders]
    const events = drone.events.length
    for (let i = 0; i < 5_200; i++)
      net.hand(evil, drone, signedBy(`stranger${i}`, { target: drone.id, issuedMs }))
    assert.ok(drone.events.length - events <= 10)
    assert.ok(acksIn(drone).length <= 2 + 5)
    net.hand(evil, drone, go, boss)
    assert.deepEqual(drone.orders, orders)
  })

  it('of our own is held back before our peers let go of us for it', () => {
    const net = new CommandNet()
    const [boss, relay] = [net.add({ roles: ['dispatcher'] }), net.add({ roles: ['relay'] })]
    net.connect(boss, relay)
    const codes = Array.from({ length: 200 }, () => net.send(boss, draft({ target: 'far' })).refused?.code)
    assert.equal(codes.filter(code => code === undefined).length, 120)
    assert.ok(codes.slice(120).every(code => code === 'rate'))
    net.pass(2_000)
    assert.equal(net.send(boss, draft({ target: 'far' })).refused, null, 'it heals')
  })

  it('of many authors never has a node send more than its peers take', () => {
    const net = new CommandNet()
    const hub = net.add({ roles: ['relay'] })
    const drone = net.add()
    const far = net.add()
    net.pass(10_000)
    net.connect(hub, far)
    const bosses = Array.from({ length: 5 }, () => net.add({ roles: ['dispatcher'] }))
    for (const boss of bosses) net.connect(boss, hub)
    const before = hub.sent.length
    for (let i = 0; i < 200; i++)
      for (const boss of bosses)
        net.hand(boss, hub, signedBy(boss.id, { target: drone.id, issuedMs: nowMs(boss) }))
    const toFar = hub.sent.slice(before).filter(({ to }) => to === far.id).length
    assert.ok(toFar <= 120, `${toFar}`)
  })
})

describe('commands: a member that is in grace', () => {
  it('may still be a vehicle: what is safe is carried out for it by others', () => {
    const { net, boss, drone } = pair({}, { notAfterMs: T0_MS + 12_000 })
    net.pass(5_000)
    drone.orders.length = 0
    assert.deepEqual(tell(net, boss, drone, { verb: 'land', point: null }), ['allow core.safe'])
    assert.deepEqual(drone.orders, ['land'])
    assert.ok(nowMs(boss) < T0_MS + HOUR_MS)
  })

  it('regression: says itself that it was commanded', () => {
    const { net, boss, drone } = pair({}, { notAfterMs: T0_MS + 12_000 })
    net.pass(5_000)
    net.send(boss, draft({ target: drone.id, verb: 'land' }))
    assert.deepEqual(boss.answers.map(decisionOf), ['allow core.safe'])
  })
})

import assert from 'node:assert/strict'
import { type Fault, type FaultKind, type Schedule, TRUST_FAULT_KINDS } from '../../sim/faults/schedule.ts'
import type { InvariantName } from '../../sim/invariants/violation.ts'
import { GOOD_LINK } from '../../sim/net/link.ts'
import type { MakeAgent } from '../../sim/options.ts'
import { runSwarm } from '../../sim/run.ts'
import { Swarm } from '../../sim/swarm.ts'
import { Agent } from '../../src/agent/agent.ts'
import type { Effect, Input } from '../../src/agent/interface.ts'
import type { Now } from '../../src/ports.ts'

const AGENTS = 12

function scheduleOf(faults: readonly Fault[], healAtMs = 200_000): Schedule {
  return { kinds: [], links: GOOD_LINK, clocks: [], faults, healAtMs }
}

/** A closed swarm of twelve, all in reach of each other, flown until `seconds`. */
function fly(faults: readonly Fault[], seconds: number): Swarm {
  const schedule = scheduleOf(faults)
  const swarm = new Swarm({ seed: 5, agents: AGENTS, seconds, trust: true, rangeM: 5_000 }, schedule)
  swarm.run(seconds)
  return swarm
}

/** What everyone knows but node 3, which is put out before it hears why. */
const epochs = (swarm: Swarm): readonly number[] =>
  swarm.nodes.filter(({ index }) => index !== 3).map(({ agent }) => agent?.trusting?.membership.epoch ?? -1)

/** How many have a node as a peer. */
const hosts = (swarm: Swarm, node: number): number =>
  swarm.nodes.filter(({ agent }) => agent?.trusting?.peers.includes(swarm.nodes[node]?.id ?? '')).length

describe('a simulated closed swarm', function () {
  this.timeout(60_000)

  const revoke = { t: 'revoke', atMs: 20_000, node: 3, to: 7 } as const

  it('puts a revoked agent out everywhere within ten seconds', () => {
    const before = fly([revoke], 19)
    assert.ok(hosts(before, 3) > 3)
    const after = fly([revoke], 30)
    assert.deepEqual(new Set(epochs(after)), new Set([1]))
    assert.equal(hosts(after, 3), 0)
  })

  it('puts it out beyond a partition only once that heals, and then within ten seconds', () => {
    const side = Array.from({ length: AGENTS }, (_, i) => (i < 6 ? 0 : 1))
    const halves = { t: 'partition', atMs: 10_000, forMs: 50_000, shape: 'halves', side } as const
    const apart = epochs(fly([halves, { ...revoke, atMs: 30_000 }], 58))
    assert.deepEqual(new Set(apart.slice(5)), new Set([1]))
    assert.deepEqual(new Set(apart.slice(0, 5)), new Set([0]))
    const together = fly([halves, { ...revoke, atMs: 30_000 }], 75)
    assert.deepEqual(new Set(epochs(together)), new Set([1]))
  })

  it('lets a renewed agent in again, and believes it again', () => {
    const swarm = fly([revoke, { t: 'renew', atMs: 40_000, node: 3 }], 60)
    assert.ok(hosts(swarm, 3) > 3)
  })

  it('brings a drone down whose certificate ends in flight', () => {
    const swarm = fly([{ t: 'expire', atMs: 20_000, node: 2 }], 280)
    assert.ok((swarm.watch.checks['expired-lands'] ?? 0) > 0)
    assert.equal(swarm.nodes[2]?.agent?.sharing.latest?.fix.status, 'Ground')
  })

  it('finds out whoever signs two reports with one number', () => {
    const swarm = fly([{ t: 'equivocate', atMs: 20_000, forMs: 3_000, node: 4 }], 35)
    assert.equal(hosts(swarm, 4), 0)
    const found = swarm.nodes.filter(({ agent }) => (agent?.counters.equivocations ?? 0) > 0)
    assert.ok(found.length >= AGENTS - 1, `${found.length}`)
  })

  it('holds all rules under drawn faults, meets every rule of trust, and does the same twice', () => {
    const options = { agents: 20, seconds: 300, trust: true, always: TRUST_FAULT_KINDS } as const
    for (const seed of [6, 20]) {
      const report = runSwarm({ ...options, seed })
      assert.equal(report.violation, null)
      assert.ok((report.turnedAway ?? 0) > 0)
      for (const rule of ['revoked-unheard', 'revocation-spreads', 'epochs-rise'] as const)
        assert.ok((report.checks[rule] ?? 0) > 0, rule)
      if (seed === 6) assert.equal(runSwarm({ ...options, seed }).traceHash, report.traceHash)
    }
  })
})

type Step = (inner: (input: Input) => readonly Effect[], input: Input) => readonly Effect[]

function stepping(step: Step): MakeAgent {
  return (config, ports, recovered) => {
    class Broken extends Agent {
      override step(input: Input, now: Now): readonly Effect[] {
        return step(changed => super.step(changed, now), input)
      }
    }
    return new Broken(config, ports, recovered)
  }
}

/** The rule that breaks within a few seeds; null = none does. */
function broken(makeAgent: MakeAgent, always: readonly FaultKind[], seconds = 120): InvariantName | null {
  for (let seed = 1; seed <= 3; seed++) {
    const run = { seed, agents: 12, seconds, trust: true, faults: 'none', always, makeAgent } as const
    const { violation } = runSwarm(run)
    if (violation !== null) return violation.invariant
  }
  return null
}

describe('the rules of trust catch an agent that', function () {
  this.timeout(60_000)

  it('keeps a revocation to itself', () => {
    const agent = stepping((inner, input) =>
      inner(input).filter(effect => effect.t !== 'send' || effect.message.t !== 'revocations'),
    )
    assert.equal(broken(agent, ['revocations']), 'revocation-spreads')
  })

  it('believes the revoked', () => {
    const agent: MakeAgent = (config, ports, recovered) => {
      const made = new Agent(config, ports, recovered)
      Object.assign(made.trusting ?? {}, { judgeReport: () => null, review: () => [], may: () => true })
      return made
    }
    assert.equal(broken(agent, ['revocations']), 'revoked-unheard')
  })

  it('tells on after it turned somebody away', () => {
    const agent = stepping((inner, input) => {
      const effects = inner(input)
      const expelled = effects.find(effect => effect.t === 'expel')
      if (expelled === undefined) return effects
      const message = { t: 'want-credentials', agents: [] } as const
      return [...effects, { t: 'send', to: expelled.peer, message }]
    })
    assert.equal(broken(agent, ['revocations']), 'refused-told-nothing')
  })

  it('takes an honest peer for two', () => {
    const agent = stepping((inner, input) => {
      if (input.t !== 'hello') return inner(input)
      const judgement = { refusal: 'cloned', reason: 'a bug' } as const
      return [{ t: 'admission', peer: input.peer, judgement }]
    })
    assert.equal(broken(agent, []), 'honest-never-convicted')
  })

  it('flies on when its certificate has ended', () => {
    const agent = stepping((inner, input) => inner(input).filter(effect => effect.t !== 'actuate'))
    assert.equal(broken(agent, ['expiries'], 600), 'expired-lands')
  })

  it('forgets with a restart what was revoked', () => {
    const agent: MakeAgent = (config, ports, recovered) =>
      new Agent(config, ports, { ...recovered, view: { ...recovered.view, latest: new Map() } })
    assert.equal(broken(agent, ['revocations', 'crashes'], 400), 'epochs-rise')
  })
})

import assert from 'node:assert/strict'
import type { FaultKind, Schedule } from '../../../sim/faults/schedule.ts'
import type { InvariantName } from '../../../sim/invariants/violation.ts'
import { GOOD_LINK } from '../../../sim/net/link.ts'
import type { MakeAgent } from '../../../sim/options.ts'
import { runSwarm } from '../../../sim/run.ts'
import { Agent, type Neighbor } from '../../../src/agent/agent.ts'
import type { Effect, Input } from '../../../src/agent/interface.ts'
import type { Now } from '../../../src/ports.ts'
import type { Heard, World } from '../../../src/position/world.ts'

/*
 * Every invariant must be able to fail: each of these agents has one bug, and the simulator names the rule it breaks.
 */

type Step = (inner: (input: Input) => readonly Effect[], input: Input, now: Now) => readonly Effect[]

/** An agent whose steps go through `step`, which gets the true step to call. */
function stepping(makeStep: () => Step): MakeAgent {
  return (config, ports, recovered) => {
    const step = makeStep()
    class Broken extends Agent {
      override step(input: Input, now: Now): readonly Effect[] {
        return step(changed => super.step(changed, now), input, now)
      }
    }
    return new Broken(config, ports, recovered)
  }
}

/** A true agent with something of it replaced. */
function withPart(replace: (agent: Agent) => void): MakeAgent {
  return (config, ports, recovered) => {
    const agent = new Agent(config, ports, recovered)
    replace(agent)
    return agent
  }
}

/** The rule that breaks within a few seeds; null = none does. */
function broken(
  makeAgent: MakeAgent,
  always: readonly FaultKind[] = [],
  { seeds = 3, seconds = 160 } = {},
): InvariantName | null {
  for (let seed = 1; seed <= seeds; seed++) {
    const run = { seed, agents: 15, seconds, faults: 'none', always, makeAgent } as const
    const { violation } = runSwarm(run)
    if (violation !== null) return violation.invariant
  }
  return null
}

/** Takes whatever came last, as a map without stamps would. */
class LastReceivedWins implements Pick<World, 'size' | 'get' | 'all' | 'hear' | 'forget'> {
  readonly #reports = new Map<string, Heard>()
  get size() {
    return this.#reports.size
  }
  get(agent: string) {
    return this.#reports.get(agent)
  }
  all() {
    return this.#reports.values()
  }
  hear(heard: Heard) {
    this.#reports.set(heard.signed.position.agent, heard)
    return true
  }
  forget() {
    return 0
  }
}

describe('the invariants catch an agent that', function () {
  this.timeout(60_000)

  it('is none of those below: the real one breaks no rule', () => {
    const all: readonly FaultKind[] = ['loss', 'reordering', 'duplicates', 'crashes', 'deaths', 'partitions']
    assert.equal(
      broken(
        withPart(() => {}),
        all,
      ),
      null,
    )
  })

  it('believes what nobody reported', () => {
    const agent = stepping(() => (inner, input) => {
      if (input.t !== 'position') return inner(input)
      const { position } = input.signed
      const made = { ...position, seq: position.seq + 1_000 }
      return inner({ ...input, signed: { ...input.signed, position: made } })
    })
    assert.equal(broken(agent), 'report-was-made')
  })

  it('takes whatever was received last for the newest', () => {
    const agent = withPart(made => Object.assign(made.sharing, { world: new LastReceivedWins() }))
    assert.equal(broken(agent, ['reordering', 'duplicates']), 'never-back')
  })

  it('takes an expired report for the present', () => {
    const agent = withPart(made => {
      const neighbors = made.neighbors.bind(made)
      const asPoint = ({ heard, belief }: Neighbor): Neighbor => ({
        heard,
        belief: { ...belief, kind: 'point' },
      })
      made.neighbors = now => neighbors(now).map(asPoint)
    })
    assert.equal(broken(agent, ['deaths']), 'expired-is-no-point')
  })

  it('says that an event is durable before it is', () => {
    const agent = stepping(() => (inner, input) => {
      const effects = inner(input)
      const write = effects.find(effect => effect.t === 'write')
      return write === undefined ? effects : [...effects, ...inner({ t: 'written', token: write.token })]
    })
    assert.equal(broken(agent), 'held-until-durable')
  })

  it('asks for writes that are not synced', () => {
    const agent = stepping(() => (inner, input) => {
      return inner(input).map(effect => (effect.t === 'write' ? { ...effect, sync: false } : effect))
    })
    assert.equal(broken(agent), 'held-until-durable')
  })

  it('leaves an event of its log out', () => {
    const agent = stepping(() => {
      let events = 0
      return (inner, input) => inner(input).filter(effect => effect.t !== 'event' || ++events !== 5)
    })
    assert.equal(broken(agent), 'chain-whole')
  })

  it('begins its log anew after a restart', () => {
    const fresh: MakeAgent = (config, ports, recovered) =>
      new Agent(config, ports, { ...recovered, log: { seq: 0, hash: new Uint8Array(32) } })
    assert.equal(broken(fresh, ['crashes']), 'chain-whole')
  })

  it('deletes what it said was durable', () => {
    const agent = stepping(() => (inner, input) => {
      return inner(input).map(effect => {
        if (effect.t !== 'write') return effect
        const [first] = effect.ops
        if (first === undefined) return effect
        return { ...effect, ops: [...effect.ops, { type: 'del', key: previous(first.key) }] }
      })
    })
    assert.equal(broken(agent, ['crashes']), 'nothing-acknowledged-lost')
  })

  it('lets its log wait for the disk without bound', () => {
    const agent = withPart(made => {
      const stats = { ...made.journal.log.stats, staged: 1_000_000 }
      Object.defineProperty(made.journal.log, 'stats', { get: () => stats })
    })
    assert.equal(broken(agent), 'queues-bounded')
  })

  it('never leaves a topic', () => {
    const agent = stepping(() => {
      let joined = 0
      return (inner, input) => {
        const more: Effect = { t: 'subscribe', cell: `${joined++}` }
        return input.t === 'tick' ? [...inner(input), more] : inner(input)
      }
    })
    assert.equal(broken(agent), 'topics-bounded')
  })

  it('publishes to a cell it is not in', () => {
    const agent = stepping(() => (inner, input) => {
      return inner(input).map(effect =>
        effect.t === 'publish' ? { ...effect, cell: '881f8d4b07fffff' } : effect,
      )
    })
    assert.equal(broken(agent), 'own-report-opens')
  })

  it('throws', () => {
    const agent = stepping(() => (inner, input) => {
      if (input.t === 'sync') throw new Error('a bug')
      return inner(input)
    })
    assert.equal(broken(agent), 'no-crash')
  })

  it('is deaf to one neighbour', () => {
    const agent = stepping(() => {
      // The first voice anyone hears is its own.
      const voices: string[] = []
      return (inner, input) => {
        if (input.t !== 'position') return inner(input)
        if (voices.length < 2 && !voices.includes(input.from)) voices.push(input.from)
        return input.from === voices[1] ? [] : inner(input)
      }
    })
    assert.equal(broken(agent), 'converged')
  })

  it('has no anti-entropy: what a partition and losses hid stays hidden', () => {
    const agent = stepping(() => (inner, input) => (input.t === 'sync' ? [] : inner(input)))
    assert.equal(broken(agent, ['partitions', 'deaths', 'loss'], { seeds: 40, seconds: 300 }), 'converged')
  })
})

describe('damage on disk', () => {
  it('is noticed at the next start, and checked to be', () => {
    const damage = { t: 'disk-damage', atMs: 30_000, forMs: 100, node: 3 } as const
    for (const hole of [true, false]) {
      const faults = [{ ...damage, hole }]
      const schedule: Schedule = { kinds: [], links: GOOD_LINK, clocks: [], faults, healAtMs: 40_000 }
      const report = runSwarm({ seed: 1, agents: 5, seconds: 50, schedule })
      assert.equal(report.violation, null)
      assert.equal(report.checks['damage-detected'], 1)
      assert.equal(report.quarantined, 1)
    }
  })
})

/** The key before this one in its bucket. */
function previous(key: Uint8Array): Uint8Array {
  const before = Uint8Array.from(key)
  before[8] = (before[8] ?? 0) - 1
  return before
}

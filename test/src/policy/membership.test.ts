import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Membership } from '../../../src/policy/membership.ts'
import type { Revocation, RevocationList } from '../../../src/policy/revocations.ts'
import { BOUND_MS, credentialOf, END_MS, GRACE_MS, listOf, revocationOf, START_MS, SWARM } from './samples.ts'

const NOW_MS = START_MS + 60_000
const AGENTS = ['heron', 'egret', 'stork']

function membership(list: RevocationList | null = null): Membership {
  const rule = { swarm: SWARM, clockBoundMs: BOUND_MS, graceMs: GRACE_MS }
  return new Membership(rule, list)
}

describe('membership', () => {
  it('knows nobody who was not let in', () => {
    const some = membership()
    assert.equal(some.standing('heron', NOW_MS), null)
    assert.ok(!some.may('heron', 'topic', 'announce-position', NOW_MS))
    some.admit(credentialOf(), 'egret', NOW_MS)
    assert.equal(some.size, 0)
  })

  it('gives whom it let in the rights of its roles', () => {
    const some = membership()
    assert.deepEqual(some.admit(credentialOf(), 'heron', NOW_MS), { standing: 'valid' })
    assert.ok(some.may('heron', 'topic', 'announce-position', NOW_MS))
    assert.ok(!some.may('heron', 'command', 'land', NOW_MS))
  })

  it('lets a drone in grace be heard and told, and nothing else', () => {
    const some = membership()
    some.admit(credentialOf({ roles: ['drone', 'dispatcher'] }), 'heron', NOW_MS)
    const later = END_MS + GRACE_MS
    assert.equal(some.standing('heron', later), 'grace')
    for (const verb of ['announce-position', 'hear-positions'] as const)
      assert.ok(some.may('heron', 'topic', verb, later), verb)
    for (const verb of ['sync-positions', 'use-relay', 'pass-on-trust'] as const)
      assert.ok(some.may('heron', 'stream', verb, later), verb)
    for (const verb of ['watch-view', 'hand-on-command'] as const)
      assert.ok(!some.may('heron', 'stream', verb, later), verb)
    for (const verb of ['vote', 'reserve-airspace', 'hold-lease', 'submit-job', 'bid-for-job'] as const)
      assert.ok(!some.may('heron', 'state-machine', verb, later), verb)
    for (const verb of ['land', 'goto', 'kill'] as const)
      assert.ok(!some.may('heron', 'command', verb, later), verb)
    assert.equal(some.standing('heron', later + 2_000), null)
  })

  it('judges no dates without a time to judge them by', () => {
    const some = membership()
    assert.deepEqual(some.admit(credentialOf({ notBeforeMs: END_MS }), 'heron', null), { standing: 'valid' })
    assert.equal(some.standing('heron', null), 'valid')
    assert.equal(some.standing('heron', START_MS), null)
  })

  it('puts out at once whom a new list names, and lets in the next certificate', () => {
    const some = membership()
    some.admit(credentialOf(), 'heron', NOW_MS)
    assert.ok(some.revoke(listOf({ revocations: [revocationOf('heron', 7)] })))
    assert.equal(some.standing('heron', NOW_MS), null)
    assert.equal(some.epoch, 1)
    const refused = some.admit(credentialOf(), 'heron', NOW_MS)
    assert.equal('refusal' in refused && refused.refusal, 'revoked')
    some.admit(credentialOf({ serial: 8 }), 'heron', NOW_MS)
    assert.equal(some.standing('heron', NOW_MS), 'valid')
  })

  it('goes by the newest certificate it has seen of an agent, even when an older one is shown again', () => {
    const some = membership()
    some.admit(credentialOf({ serial: 8, roles: ['relay'] }), 'heron', NOW_MS)
    some.admit(credentialOf({ serial: 7 }), 'heron', NOW_MS)
    assert.equal(some.credential('heron')?.certificate.serial, 8)
    assert.ok(!some.may('heron', 'topic', 'announce-position', NOW_MS))
  })

  it('knows that it is behind when a certificate was issued after a list it has not got', () => {
    const some = membership()
    some.admit(credentialOf({ epoch: 2 }), 'heron', NOW_MS)
    assert.ok(some.isBehind)
    some.revoke(listOf({ epoch: 2 }))
    assert.ok(!some.isBehind)
  })

  it('takes no list of another swarm, nor an old one', () => {
    const some = membership(listOf({ epoch: 3 }))
    assert.ok(!some.revoke(listOf({ epoch: 4, swarm: 'south' })))
    assert.ok(!some.revoke(listOf({ epoch: 3 })))
    assert.ok(some.revoke(listOf({ epoch: 4 })))
  })

  it('believes nothing of whoever contradicted itself whatever certificate it shows next', () => {
    const some = membership()
    some.admit(credentialOf(), 'heron', NOW_MS)
    assert.ok(some.convict('heron'))
    assert.ok(!some.convict('heron'), 'once is enough')
    assert.equal(some.standing('heron', NOW_MS), null)
    const refused = some.admit(credentialOf(), 'heron', NOW_MS)
    assert.equal('refusal' in refused && refused.refusal, 'equivocated')
    some.admit(credentialOf({ serial: 8 }), 'heron', NOW_MS)
    assert.equal(some.standing('heron', NOW_MS), null, 'whoever has the copy of the key has the new one, too')
  })

  it('gives what the newest certificate gives, when a wider one of before is shown', () => {
    const some = membership()
    some.admit(credentialOf({ serial: 8, roles: ['observer'] }), 'heron', NOW_MS)
    some.admit(credentialOf({ serial: 7, roles: ['drone'] }), 'heron', NOW_MS)
    assert.ok(!some.may('heron', 'topic', 'announce-position', NOW_MS))
  })

  it('does not forget whom it goes on asking about for the many it hears of', () => {
    const some = membership()
    some.admit(credentialOf({ agent: 'own' }), 'own', NOW_MS)
    for (let i = 0; i < 40_000; i++) {
      some.admit(credentialOf({ agent: `drone-${i}` }), `drone-${i}`, NOW_MS)
      if (i % 1_000 === 0) some.standing('own', NOW_MS + 10 * i)
    }
    assert.equal(some.standing('own', NOW_MS), 'valid')
    assert.equal(some.size, 16_384)
    assert.equal(some.credential('drone-0'), undefined)
  })

  describe('under any history of one authority', () => {
    it('ends at the same list, in whatever order and how often lists come', () => {
      fc.assert(
        fc.property(anyHistory, anyShuffle, ({ lists, forged }, order) => {
          const some = membership()
          for (const list of order([...lists, ...lists, ...forged])) some.revoke(list)
          assert.equal(some.revocations, lists.at(-1) ?? null)
        }),
        { numRuns: 300 },
      )
    })

    it('never lets in again what was once taken back', () => {
      fc.assert(
        fc.property(anyHistory, anyShuffle, ({ lists }, order) => {
          const some = membership()
          const out = new Set<string>()
          for (const list of order([...lists, ...lists])) {
            some.revoke(list)
            for (const { agent, serial, issuer } of EVERYBODY) {
              const judged = some.admit(credentialOf({ agent, serial }, issuer), agent, NOW_MS)
              const name = `${agent} ${serial} ${issuer}`
              if ('refusal' in judged) out.add(name)
              else assert.ok(!out.has(name), name)
            }
          }
        }),
        { numRuns: 150 },
      )
    })

    it('stands the same for all who heard the same, whoever they met first', () => {
      fc.assert(
        fc.property(anyHistory, anyShuffle, anyShuffle, ({ lists }, one, another) => {
          const ends = [one, another].map(order => {
            const some = membership()
            const met = EVERYBODY.map(
              ({ agent, serial, issuer }) =>
                () =>
                  void some.admit(credentialOf({ agent, serial }, issuer), agent, NOW_MS),
            )
            const told = lists.map(list => () => void some.revoke(list))
            for (const happens of order([...met, ...told])) happens()
            // Whoever is there shows itself again: hello comes with every connection.
            for (const meet of met) meet()
            return AGENTS.map(agent => some.standing(agent, NOW_MS))
          })
          assert.deepEqual(ends[0], ends[1])
        }),
        { numRuns: 150 },
      )
    })
  })
})

/** Every certificate that could be about: each agent's, by serial and issuing key. */
const EVERYBODY = AGENTS.flatMap(agent => [1, 2, 3].map(serial => ({ agent, serial, issuer: serial })))

type Act =
  | { readonly t: 'revoke'; readonly agent: string; readonly serial: number }
  | { readonly t: 'rotate' }

/** Lists in the order an authority makes them; and some that thieves of disowned keys made. */
interface History {
  readonly lists: readonly RevocationList[]
  readonly forged: readonly RevocationList[]
}

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      t: fc.constant('revoke' as const),
      agent: fc.constantFrom(...AGENTS),
      serial: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ t: 'rotate' as const }) },
)

const anyHistory: fc.Arbitrary<History> = fc
  .record({
    acts: fc.array(anyAct, { minLength: 1, maxLength: 8 }),
    epochs: fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 4 }),
  })
  .map(({ acts, epochs }) => {
    const lists = historyOf(acts)
    const disowned = lists.at(-1)?.issuers ?? []
    const forged = epochs.flatMap((epoch, i) => {
      const thief = disowned[i % Math.max(1, disowned.length)]
      return thief === undefined
        ? []
        : [listOf({ epoch, issuer: thief, issuers: disowned.filter(serial => serial < thief) })]
    })
    return { lists, forged }
  })

/** Each list carries on all that was taken back before it; a new issuing key disowns the old, by the root key. */
function historyOf(acts: readonly Act[]): readonly RevocationList[] {
  let issuer = 1
  let entries: readonly Revocation[] = []
  let issuers: readonly number[] = []
  return acts.map((act, i) => {
    if (act.t === 'rotate') {
      issuers = [...issuers, issuer++]
      return listOf({ epoch: i + 1, issuer: 0, revocations: entries, issuers })
    }
    const before = entries.find(({ agent }) => agent === act.agent)
    const entry = revocationOf(act.agent, Math.max(act.serial, before?.serial ?? 0))
    entries = [...entries.filter(other => other !== before), entry]
    return listOf({ epoch: i + 1, issuer, revocations: entries, issuers })
  })
}

/** Some order of any list. */
const anyShuffle = fc.infiniteStream(fc.nat()).map(stream => <T>(items: readonly T[]): readonly T[] => {
  const ranks = new Map(items.map((_, i) => [i, stream.next().value ?? 0]))
  return items
    .map((item, i) => ({ item, rank: ranks.get(i) ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
})

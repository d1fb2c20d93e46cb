import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isSafeVerb, RULED_VERBS, SAFE_VERBS } from '../../../../src/policy/rules/command.ts'
import { decide } from '../../../../src/policy/rules/decide.ts'
import { DEFAULT_RULES } from '../../../../src/policy/rules/default-rules.ts'
import type { Rule, RuleSet } from '../../../../src/policy/rules/rule-set.ts'
import type { Situation } from '../../../../src/policy/rules/situation.ts'
import { TABLE } from '../../../../src/policy/table.ts'
import { EXAMPLES, situationOf } from './examples.ts'
import { anyCommand, anyRule, anyRuleSet, anySituation, CALM, command, withRules } from './samples.ts'

describe('decide', () => {
  for (const [topic, examples] of Object.entries(EXAMPLES))
    describe(topic, () => {
      for (const [name, told, change, rule, refusal, rules = DEFAULT_RULES] of examples)
        it(`${told.verb}: ${name} -> ${refusal === null ? 'yes' : `no (${rule})`}`, () => {
          const { allow, rule: decidedBy, reason } = decide(rules, told, situationOf(change))
          assert.deepEqual({ allow, decidedBy }, { allow: refusal === null, decidedBy: rule }, reason)
          assert.ok(reason.includes(refusal ?? ''), reason)
        })
    })

  it('knows the verbs of the role table, all of them', () => {
    assert.deepEqual([...RULED_VERBS, ...SAFE_VERBS].toSorted(), Object.keys(TABLE.command).toSorted())
  })

  it('carries out what is safe, whatever the rules and the situation, unless it is surely late', () => {
    fc.assert(
      fc.property(
        anyCommand.filter(({ verb, issuers }) => isSafeVerb(verb) && issuers.length > 0),
        fc.oneof(fc.constant(null), anyRuleSet, fc.anything()),
        fc.oneof(fc.constant(null), anySituation, fc.anything()),
        (told, rules, situation) => {
          const decision = decide(rules as RuleSet, told, situation as Situation)
          assert.ok(decision.allow || decision.rule === 'core.expired', decision.reason)
        },
      ),
    )
  })

  it('answers whatever it is given, with a reason, and refuses what it does not understand', () => {
    fc.assert(
      fc.property(anyCommand, fc.anything(), fc.anything(), (told, rules, situation) => {
        const decision = decide(rules as RuleSet, told, situation as Situation)
        assert.ok(decision.rule !== '' && decision.reason !== '')
        assert.ok(!decision.allow || isSafeVerb(told.verb))
      }),
    )
  })

  it('fails closed when a rule fails, and still lands', () => {
    const fails = (except: string) =>
      new Proxy(CALM, {
        get: (calm, key) => {
          if (key === except) return calm[except as keyof Situation]
          throw new Error('boom')
        },
      })
    assert.equal(decide(DEFAULT_RULES, command('goto'), fails('clock')).rule, 'core.failed')
    assert.equal(decide(DEFAULT_RULES, command('land'), fails('nothing')).rule, 'core.safe')
    const unknownKind = withRules({ id: 'x', kind: 'from-the-future' } as unknown as Rule)
    assert.equal(decide(unknownKind, command('goto'), CALM).rule, 'core.failed')
  })

  it('says the same of the same, and changes nothing', () => {
    fc.assert(
      fc.property(anyRuleSet, anyCommand, anySituation, (rules, told, situation) => {
        const copies = structuredClone([rules, told, situation] as const)
        const first = decide(rules, told, situation)
        assert.deepEqual(decide(...copies), first)
        assert.deepEqual([rules, told, situation], copies)
      }),
    )
  })

  it('never allows more for one more rule, wherever it is written', () => {
    fc.assert(
      fc.property(
        anyRuleSet,
        anyRule,
        fc.nat(4),
        anyCommand,
        anySituation,
        (set, rule, place, told, situation) => {
          const more = { ...set, rules: set.rules.toSpliced(place, 0, rule) }
          assert.ok(!decide(more, told, situation).allow || decide(set, told, situation).allow)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never allows more for knowing less', () => {
    // Where a field may be null, null says so; where it may not, a careless sum may still have made it NaN.
    const holders = ['', 'energy', 'clock', 'own', 'home'] as const
    fc.assert(
      fc.property(
        anyRuleSet,
        anyCommand.filter(({ verb }) => !isSafeVerb(verb)),
        anySituation,
        fc.constantFrom(...holders),
        fc.nat(),
        fc.constantFrom(null, undefined, Number.NaN),
        (rules, told, situation, holder, which, blank) => {
          const poorer = structuredClone(situation) as unknown as Record<string, unknown>
          const within = (holder === '' ? poorer : poorer[holder]) as Record<string, unknown> | null
          if (within === null) return
          const keys = Object.keys(within)
          const isNullable = holder !== 'own' && holder !== 'home'
          within[keys[which % keys.length] ?? ''] = blank === null && !isNullable ? undefined : blank
          assert.ok(
            !decide(rules, told, poorer as unknown as Situation).allow ||
              decide(rules, told, situation).allow,
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('never allows a kill that fewer than two ask for', () => {
    fc.assert(
      fc.property(anyRuleSet, anyCommand, anySituation, (rules, told, situation) => {
        const one = {
          ...told,
          verb: 'kill' as const,
          issuers: told.issuers.map(each => ({ ...each, agent: 'ann' })),
        }
        assert.ok(!decide(rules, one, situation).allow)
      }),
    )
  })
})

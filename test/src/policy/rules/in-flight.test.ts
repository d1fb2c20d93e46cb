import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DEFAULT_RULES } from '../../../../src/policy/rules/default-rules.ts'
import { type Demand, demandOf } from '../../../../src/policy/rules/in-flight.ts'
import type { RuleSet } from '../../../../src/policy/rules/rule-set.ts'
import type { Situation, ZoneInForce } from '../../../../src/policy/rules/situation.ts'
import { anyRuleSet, anySituation, at, CALM, withRules } from './samples.ts'

const energy = (batteryPct: number | null, returnPct: number | null) => ({
  energy: { batteryPct, returnPct, targetPct: null },
})
const closed: ZoneInForce = {
  id: 'R1',
  restriction: 'PROHIBITED',
  authorised: false,
  here: true,
  ahead: true,
}
const { latE7, lonE7 } = at(0, 0)
const fence = withRules({
  id: 'fence',
  kind: 'geofence',
  stay: 'inside',
  area: { shape: 'circle', centre: { latE7, lonE7 }, radiusMm: 100_000 },
  marginMm: 5000,
  upper: { mm: 60_000, ref: 'AGL' },
  inFlight: 'hold',
})
const blindAt = (eastM: number) => ({ own: { ...at(eastM, 0), zeros: {} } })

type Example = readonly [string, Partial<Situation>, 'nothing' | `${Demand['action']} by ${string}`, RuleSet?]

const EXAMPLES: readonly Example[] = [
  ['all is well', {}, 'nothing'],
  ['a collision is being avoided', { avoiding: true }, 'avoid by collision'],
  ['a zone was closed around it', { zones: [closed] }, 'return by geo-zones'],
  ['a zone ahead is closed', { zones: [{ ...closed, here: false }] }, 'nothing'],
  ['the reserve is reached', energy(30, 11), 'return by energy-reserve'],
  ['the return would just leave the reserve', energy(30, 10), 'nothing'],
  ['it can not get home any more', energy(14, 10), 'land by energy-critical'],
  ['nobody answers', { linkSilentMs: 45_001 }, 'return by link'],

  ['avoiding comes before zones', { avoiding: true, zones: [closed] }, 'avoid by collision'],
  ['zones before energy', { zones: [closed], ...energy(1, 1) }, 'return by geo-zones'],
  ['energy before the link', { linkSilentMs: 99_000, ...energy(1, 1) }, 'land by energy-critical'],

  ['the same on the ground', { status: 'ground', zones: [closed], ...energy(1, 1) }, 'nothing'],
  ['little is left, and the way home is not known', energy(19, null), 'return by energy-reserve'],
  ['the battery is not known', energy(null, null), 'nothing'],
  ['zones, link and avoidance are not known', { zones: null, linkSilentMs: null, avoiding: null }, 'nothing'],

  ['inside its fence', { own: at(0, 0, 40) }, 'nothing', fence],
  ['close to the edge', { own: at(96, 0) }, 'hold by fence', fence],
  ['outside', { own: at(200, 0) }, 'hold by fence', fence],
  ['through the roof', { own: at(0, 0, 61) }, 'hold by fence', fence],
  ['outside, its height not comparable', blindAt(200), 'hold by fence', fence],
  ['inside, its height not comparable', blindAt(0), 'nothing', fence],
  ['somewhere', { own: { ...at(0, 0), lonE7: Number.NaN } }, 'nothing', fence],
  ['without a fix', { own: null }, 'nothing', fence],
]

describe('demandOf', () => {
  for (const [name, change, expected, rules = DEFAULT_RULES] of EXAMPLES)
    it(`${name} -> ${expected}`, () => {
      const demand = demandOf(rules, { ...CALM, ...change })
      assert.equal(demand === null ? 'nothing' : `${demand.action} by ${demand.rule}`, expected)
      assert.notEqual(demand?.reason, '')
    })

  it('asks the same of the same, and nothing on the ground', () => {
    fc.assert(
      fc.property(anyRuleSet, anySituation, (rules, situation) => {
        const demand = demandOf(rules, situation)
        assert.deepEqual(demandOf(structuredClone(rules), structuredClone(situation)), demand)
        assert.ok(demand === null || situation.status === 'airborne')
      }),
    )
  })

  it('asks nothing for what is not known', () => {
    const blind: Situation = {
      ...CALM,
      own: null,
      home: null,
      energy: { batteryPct: null, returnPct: null, targetPct: null },
      zones: null,
      avoiding: null,
      peopleBelow: null,
      linkSilentMs: null,
    }
    fc.assert(fc.property(anyRuleSet, rules => assert.equal(demandOf(rules, blind), null)))
  })
})

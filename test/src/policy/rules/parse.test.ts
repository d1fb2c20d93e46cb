import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse } from 'yaml'
import { DEFAULT_RULES } from '../../../../src/policy/rules/default-rules.ts'
import { parseRuleSet } from '../../../../src/policy/rules/parse.ts'
import { RulesError } from '../../../../src/policy/rules/rules-error.ts'
import { anyRuleSet, withRules } from './samples.ts'

/** Problems as `path: what`, sorted. */
function problemsOf(value: unknown): readonly string[] {
  try {
    parseRuleSet(value)
    return []
  } catch (error) {
    assert.ok(error instanceof RulesError)
    for (const { path, what } of error.problems)
      assert.ok(error.message.includes(`${path === '' ? '' : `${path}: `}${what}`))
    return error.problems.map(({ path, what }) => `${path}: ${what}`).toSorted()
  }
}

/** The example that people start from. */
const README = readFileSync(join(import.meta.dirname, '../../../../src/policy/rules/README.md'), 'utf8')
const HARVEST = README.match(/```yaml\n(.*?)```/s)?.[1] ?? ''

/** What is wrong in many places at once, and the complaint about each. */
const BROKEN = `
version: 2
name: Harvest!
revision: 0
lifeMaxMs: 3600000
quorumMs: 10000
permit:
  kill: { issuers: 1 }
  land: { issuers: 1 }
  goto: { issuers: 1, roles: [captain] }
rules:
  - { id: a, kind: collision, wings: 2 }
  - { id: a, kind: altitude }
  - { id: b, kind: energy, reservePct: 120, verbs: [land] }
  - { id: c, kind: telepathy }
  - { id: d, kind: altitude, upper: { mm: 1.5, ref: FL } }
  - id: e
    kind: geofence
    stay: inside
    marginMm: 0
    area: { shape: circle, centre: { latE7: 474000000, lonE7: 1854500000 }, radiusMm: 0 }
  - id: f
    kind: geofence
    stay: inside
    marginMm: -1
    lower: { mm: 0, ref: HOME }
    area:
      shape: polygon
      vertices: [{ latE7: 0, lonE7: 0 }, { latE7: 9000, lonE7: 9000 }, { latE7: 9000, lonE7: 0 }, { latE7: 0, lonE7: 9000 }]
`

const COMPLAINTS = [
  'lifeMaxMs: Too big: expected number to be <=120000',
  'name: takes small letters, digits and hyphens, a letter first, at most 48',
  'permit.goto.roles[0]: Invalid option: expected one of "drone"|"anchor"|"relay"|"dispatcher"|"observer"|"regulator"|"bridge"',
  'permit.kill.issuers: Too small: expected number to be >=2',
  'permit: Unrecognized key: "land"',
  'revision: Too small: expected number to be >=1',
  'rules[0]: Unrecognized key: "wings"',
  'rules[1].id: rules[0] is called a already',
  'rules[1]: needs lower, upper or both',
  'rules[2].reservePct: Too big: expected number to be <=100',
  'rules[2].verbs[0]: land is always carried out: no rule can refuse it',
  "rules[3].kind: Invalid discriminator value. Expected 'collision' | 'geo-zones' | 'geofence' | 'altitude' | 'range' | 'people' | 'energy' | 'link'",
  'rules[4].upper.mm: Invalid input: expected int, received number',
  'rules[4].upper.ref: Invalid option: expected one of "W84"|"AMSL"|"AGL"|"HOME"',
  'rules[5].area.centre.lonE7: Too big: expected number to be <=1800000000',
  'rules[5].area.radiusMm: Too small: expected number to be >0',
  'rules[6].area.vertices: edges 0 and 2 meet',
  'rules[6].lower: a fence to stay inside has no floor, for the vehicle starts on the ground: write an altitude rule',
  'rules[6].marginMm: Too small: expected number to be >=0',
  'version: takes 1; a newer rule set needs a newer program',
]

describe('parseRuleSet', () => {
  it('reads the rule set that the README shows', () => {
    const { name, revision, rules } = parseRuleSet(parse(HARVEST))
    assert.deepEqual([name, revision], ['harvest', 7])
    assert.deepEqual(
      rules.map(rule => rule.id),
      ['collision', 'zones', 'field', 'farmhouse', 'people', 'critical', 'reserve'],
    )
  })

  it('reads the default rules, and leaves them as they are', () => {
    assert.deepEqual(parseRuleSet(JSON.parse(JSON.stringify(DEFAULT_RULES))), DEFAULT_RULES)
  })

  it('leaves every good rule set as it is', () => {
    fc.assert(fc.property(anyRuleSet, set => assert.deepEqual(parseRuleSet(set), set)))
  })

  it('tells everything that is wrong, and where', () => {
    assert.deepEqual(problemsOf(parse(BROKEN)), COMPLAINTS)
  })

  it('refuses whatever is no rule set, with at least one problem', () => {
    fc.assert(fc.property(fc.anything(), value => assert.ok(problemsOf(value).length > 0)))
    const anySetLike = fc.record({ version: fc.constant(1), rules: fc.array(fc.anything()) })
    fc.assert(fc.property(anySetLike, value => assert.ok(problemsOf(value).length > 0)))
  })

  it('takes no more rules than can be judged in time', () => {
    const many = Array.from({ length: 101 }, (_, i) => ({ id: `c${i}`, kind: 'collision' }) as const)
    assert.deepEqual(problemsOf(withRules(...many)), ['rules: Too big: expected array to have <=100 items'])
  })
})

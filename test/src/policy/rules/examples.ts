import type { Command } from '../../../../src/policy/rules/command.ts'
import { DEFAULT_RULES } from '../../../../src/policy/rules/default-rules.ts'
import type { Rule, RuleOf, RuleSet } from '../../../../src/policy/rules/rule-set.ts'
import type { AirPoint, Situation, ZoneInForce } from '../../../../src/policy/rules/situation.ts'
import { at, CALM, command, issuer, NOW_MS, withRules } from './samples.ts'

/**
 * A command, and what is not as in `CALM` (null: nothing is known at all). Expected: the rule that decides, and,
 * where it refuses, words of its reason. The default rules, unless others are named.
 */
export type Example = readonly [
  name: string,
  command: Command,
  situation: Partial<Situation> | null,
  rule: string,
  refusal: string | null,
  rules?: RuleSet | null,
]

const go = command('goto')
const start = command('start')
const land = command('land')
const kill = command('kill')
const to = (target: AirPoint) => command('goto', { target })
const until = (verb: Command['verb'], inMs: number) => command(verb, { notAfterMs: NOW_MS + inMs })
const killBy = (...issuers: Command['issuers']) => command('kill', { issuers })

const onGround = { status: 'ground' } as const
const NOTHING_RIGHT = { own: null, zones: null, avoiding: null, home: null, linkSilentMs: null }
const energy = (batteryPct: number | null, returnPct: number | null, targetPct: number | null = null) => ({
  energy: { batteryPct, returnPct, targetPct },
})

const [ann, bob] = [issuer('ann'), issuer('bob')]
const cat = { ...issuer('cat'), roles: ['regulator'] } as const
const noPermit = { ...DEFAULT_RULES, permit: {} }
const forRegulators: RuleSet = { ...DEFAULT_RULES, permit: { goto: { issuers: 1, roles: ['regulator'] } } }

const core: readonly Example[] = [
  ['all is well', go, {}, 'permit.goto', null],
  ['a mission begins', start, onGround, 'permit.start', null],
  ['a mission is given up when nothing is right', command('abort'), NOTHING_RIGHT, 'permit.abort', null],

  ['nobody signed', command('land', { issuers: [] }), {}, 'core.issuer', 'nobody'],
  ['it leads nowhere', command('goto', { target: null }), {}, 'core.target', 'needs a target'],
  ['its verb is in no permit', go, {}, 'core.not-permitted', 'permit nobody to goto', noPermit],
  ['its permit is for another role', go, {}, 'permit.goto', 'with the role regulator', forRegulators],
  ['there are no rules', go, {}, 'core.no-rules', 'only hold, land and return', null],
  ['nothing is known', go, null, 'core.no-situation', 'knows nothing'],

  ['there are no rules', land, {}, 'core.safe', null, null],
  ['nothing is known', command('return'), null, 'core.safe', null],
  ['nothing is right', command('hold'), NOTHING_RIGHT, 'core.safe', null],

  ['late', until('goto', -1), {}, 'core.expired', 'send it anew'],
  ['perhaps late, by the error of the clock', until('goto', 499), {}, 'core.expired', 'error of the clock'],
  ['just in time', until('goto', 500), {}, 'permit.goto', null],
  ['good until tomorrow', until('goto', 86_400_000), {}, 'core.long-lived', 'at most 30000'],
  ['the clock is not trusted', go, { clock: { wallMs: 0, errorMs: null } }, 'core.clock', 'not trusted'],
  ['surely late', until('land', -501), {}, 'core.expired', '501 ms'],
  ['perhaps late', until('land', -500), {}, 'core.safe', null],
  ['good until tomorrow', until('land', 86_400_000), {}, 'core.safe', null],
  ['the clock is not trusted', land, { clock: { wallMs: 9e15, errorMs: null } }, 'core.safe', null],
]

/** Cat is a regulator, whose word does not count here. */
const twoCount: RuleSet = {
  ...DEFAULT_RULES,
  permit: { kill: { issuers: 2, roles: ['dispatcher'] } },
}
const noException = withRules({ id: 'people', kind: 'people' })

const quorum: readonly Example[] = [
  ['one wants it', killBy(ann), {}, 'permit.kill', '1 agreed'],
  ['one wants it twice', killBy(ann, issuer('ann', 50)), {}, 'permit.kill', '1 agreed'],
  ['two, a minute apart', killBy(ann, issuer('bob', 60_000)), {}, 'permit.kill', 'within 10000 ms'],
  ['two', killBy(ann, bob), {}, 'permit.kill', null],
  ['two, and another long ago', killBy(ann, issuer('cat', 60_000), bob), {}, 'permit.kill', null],
  ['two, over people', kill, { peopleBelow: true }, 'people', 'it takes 3 issuers, 2 agreed'],
  ['two, and who is below is not known', kill, { peopleBelow: null }, 'people', 'is not known'],
  ['two, beside people, on the ground', kill, { peopleBelow: true, ...onGround }, 'permit.kill', null],
  ['two, over people, perhaps landed', kill, { peopleBelow: true, status: 'unknown' }, 'people', '2 agreed'],
  ['three, over people', killBy(ann, bob, cat), { peopleBelow: true }, 'permit.kill', null],
  ['three, of whom two count', killBy(ann, bob, cat), { peopleBelow: true }, 'people', '2 agreed', twoCount],
  ['three, no exception', killBy(ann, bob, cat), { peopleBelow: true }, 'people', 'below', noException],
]

const order: readonly Example[] = [
  ['a collision is being avoided', go, { avoiding: true }, 'collision', 'being avoided'],
  ['it is not known whether one is', go, { avoiding: null }, 'collision', 'not known'],
  ['all is wrong: collision speaks first', start, { ...NOTHING_RIGHT, ...energy(1, 9) }, 'collision', ''],
  ['then geo-zones', start, { ...NOTHING_RIGHT, avoiding: false, ...energy(1, 9) }, 'geo-zones', ''],
  ['then energy', start, { linkSilentMs: null, ...energy(1, 9) }, 'energy-critical', ''],
  ['then the link', start, { linkSilentMs: 60_000 }, 'link', '60 s'],
  [
    'written the wrong way round',
    go,
    { avoiding: true, ...energy(1, 9, 9) },
    'first',
    '',
    {
      ...withRules({ id: 'last', kind: 'energy', reservePct: 20 }, { id: 'first', kind: 'collision' }),
    },
  ],
]

const zone = (change: Partial<ZoneInForce>): Partial<Situation> => ({
  zones: [{ id: 'CTR', restriction: 'PROHIBITED', authorised: false, here: false, ahead: false, ...change }],
})
const guarded = (change: Partial<ZoneInForce>) => zone({ restriction: 'REQ_AUTHORISATION', ...change })

const zones: readonly Example[] = [
  ['zones are not known', go, { zones: null }, 'geo-zones', 'load zone data'],
  ['into a prohibited zone', go, zone({ ahead: true }), 'geo-zones', 'CTR is prohibited'],
  ['out of one, in the air', go, zone({ here: true }), 'permit.goto', null],
  ['out of one, from the ground', go, { ...zone({ here: true }), ...onGround }, 'geo-zones', 'prohibited'],
  ['in one', start, { ...zone({ here: true }), ...onGround }, 'geo-zones', 'prohibited'],
  ['authorised, yet prohibited', go, zone({ ahead: true, authorised: true }), 'geo-zones', 'prohibited'],
  ['without authorisation', go, guarded({ ahead: true }), 'geo-zones', 'takes an authorisation'],
  ['with authorisation', go, guarded({ ahead: true, authorised: true }), 'permit.goto', null],
  ['its condition not met', go, zone({ ahead: true, restriction: 'CONDITIONAL' }), 'geo-zones', 'COND'],
  ['it only informs', go, zone({ ahead: true, restriction: 'NO_RESTRICTION' }), 'permit.goto', null],
]

const ellipsoidal = (m: number, change: Partial<AirPoint> = {}): Command =>
  to({ ...at(100, 0), altitude: { mm: m * 1000, ref: 'W84' }, ...change })
const floor = withRules({ id: 'floor', kind: 'altitude', lower: { mm: 30_000, ref: 'AGL' } })

const altitudes: readonly Example[] = [
  ['at the ceiling', to(at(100, 0, 120)), {}, 'permit.goto', null],
  ['above it', to(at(100, 0, 121)), {}, 'ceiling', 'is at 121 m HOME; allowed is up to 120 m HOME'],
  ['below it, in another reference', ellipsoidal(500), {}, 'permit.goto', null],
  ['above it, in another reference', ellipsoidal(600), {}, 'ceiling', 'at 600 m W84'],
  ['no conversion', ellipsoidal(10, { zeros: {} }), {}, 'ceiling', 'not compared without a conversion'],
  ['below the floor', to(at(100, 0, 20)), {}, 'floor', 'allowed is from 30 m AGL', floor],
]

/** Around a point 200 m east of home. */
const cylinder = (
  stay: 'inside' | 'outside',
  radiusM: number,
  change: Partial<RuleOf<'geofence'>> = {},
): RuleSet => {
  const { latE7, lonE7 } = at(200, 0)
  const area = { shape: 'circle', centre: { latE7, lonE7 }, radiusMm: radiusM * 1000 } as const
  return withRules({ id: 'fence', kind: 'geofence', stay, area, marginMm: 10_000, ...change } as Rule)
}
const [wide, narrow] = [cylinder('inside', 300), cylinder('inside', 100)]
const roofed = cylinder('inside', 300, { upper: { mm: 80_000, ref: 'HOME' } })
const barred = cylinder('outside', 100)
const barredAbove = cylinder('outside', 100, { lower: { mm: 60_000, ref: 'HOME' } })
const NOWHERE = { own: { ...at(0, 0), latE7: Number.NaN } }
const ownAt = (eastM: number, northM: number) => ({ own: at(eastM, northM) })

const fences: readonly Example[] = [
  ['inside', go, {}, 'permit.goto', null, wide],
  ['out of the fence', to(at(600, 0)), {}, 'fence', 'crosses the edge', wide],
  ['close to its edge', to(at(495, 0)), {}, 'fence', '10 m are kept clear', wide],
  ['through its roof', to(at(100, 0, 81)), {}, 'fence', 'up to 80 m HOME', roofed],
  ['back into it', to(at(200, 0)), {}, 'permit.goto', null, narrow],
  ['still outside', to(at(200, 200)), {}, 'fence', 'the target is 100 m outside', narrow],
  ['outside', start, onGround, 'fence', 'the vehicle is 100 m outside the fence', narrow],
  ['into it, from the ground outside', to(at(200, 0)), onGround, 'fence', 'crosses', narrow],

  ['through what is fenced off', to(at(400, 0)), {}, 'fence', 'the way to the target crosses', barred],
  ['past it', to(at(0, 400)), {}, 'permit.goto', null, barred],
  ['past it, too near', to(at(400, 105)), ownAt(0, 105), 'fence', 'comes within 5 m', barred],
  ['under it', to(at(400, 0)), {}, 'permit.goto', null, barredAbove],
  ['up into it', to(at(400, 0, 70)), {}, 'fence', 'crosses', barredAbove],
  ['out of it', to(at(0, 0)), ownAt(200, 0), 'permit.goto', null, barred],
  ['deeper into it', to(at(210, 0)), ownAt(200, 0), 'fence', 'the target is 90 m inside', barred],
  ['in the air, nobody knows where', to(at(200, 0)), NOWHERE, 'fence', 'fence is not known', narrow],
  ['no fix', go, { own: null }, 'fence', 'does not know where it is', wide],
]

const range = withRules({ id: 'range', kind: 'range', maxMm: 300_000 })
const linkForGoto = withRules({ id: 'link', kind: 'link', silentMaxMs: 1000, verbs: ['goto'] })

const others: readonly Example[] = [
  ['far enough', to(at(0, 299)), {}, 'permit.goto', null, range],
  ['too far', to(at(0, 301)), {}, 'range', 'from home is too far; at most 300 m', range],
  ['home is not known', go, { home: null }, 'range', 'home is not known', range],

  ['just the reserve would be left', go, energy(50, 0, 30), 'permit.goto', null],
  ['less than that', go, energy(50, 0, 31), 'energy-reserve', '50 % and the way and the return take 31 %'],
  ['a poor battery', start, energy(19, 0), 'energy-reserve', 'less than the 20 %'],
  ['the battery is not known', go, energy(null, 0, 1), 'energy-critical', 'battery is not known'],
  ['what the way takes is not known', go, energy(90, 0), 'energy-critical', 'energy the way'],

  ['a silent link is no matter: it came by another', go, { linkSilentMs: 60_000 }, 'permit.goto', null],
  ['unless the rule names the verb', go, { linkSilentMs: 60_000 }, 'link', '60 s', linkForGoto],
]

export const EXAMPLES: { readonly [topic: string]: readonly Example[] } = {
  'before any rule': core,
  'stopping the motors takes two': quorum,
  'the order of rules': order,
  'geo-zones': zones,
  altitude: altitudes,
  geofence: fences,
  'range, energy, link': others,
}

export const situationOf = (change: Partial<Situation> | null): Situation | null =>
  change && { ...CALM, ...change }

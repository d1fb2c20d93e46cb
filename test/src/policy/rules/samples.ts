import fc from 'fast-check'
import { metresPerE7 } from '../../../../src/geo/wgs84.ts'
import { type Command, RULED_VERBS, SAFE_VERBS } from '../../../../src/policy/rules/command.ts'
import { DEFAULT_RULES } from '../../../../src/policy/rules/default-rules.ts'
import type { Rule, RuleSet } from '../../../../src/policy/rules/rule-set.ts'
import type { AirPoint, Point, Situation } from '../../../../src/policy/rules/situation.ts'

export const NOW_MS = 1_900_000_000_000
const HOME: Point = { latE7: 473_980_000, lonE7: 85_400_000 }

const SCALE = metresPerE7(HOME.latE7)

/** So many metres east and north of home, at a height above it; the ground is level there. */
export const at = (eastM: number, northM: number, heightM = 50): AirPoint => ({
  latE7: HOME.latE7 + Math.round(northM / SCALE.lat),
  lonE7: HOME.lonE7 + Math.round(eastM / SCALE.lon),
  altitude: { mm: heightM * 1000, ref: 'HOME' },
  zeros: { HOME: 450_000, AGL: 450_000, AMSL: 47_000 },
})

/** All is well: in the air at home, 80 % in the battery. */
export const CALM: Situation = {
  status: 'airborne',
  own: at(0, 0),
  home: HOME,
  energy: { batteryPct: 80, returnPct: 2, targetPct: 10 },
  zones: [],
  avoiding: false,
  peopleBelow: false,
  linkSilentMs: 100,
  clock: { wallMs: NOW_MS, errorMs: 500 },
}

export const issuer = (agent: string, agoMs = 100) =>
  ({ agent, roles: ['dispatcher'], issuedMs: NOW_MS - agoMs }) as const

export const command = (verb: Command['verb'], change: Partial<Command> = {}): Command => ({
  verb,
  target: verb === 'goto' ? at(100, 0) : null,
  issuers: verb === 'kill' ? [issuer('ann'), issuer('bob')] : [issuer('ann')],
  notAfterMs: NOW_MS + 10_000,
  nonce: 'n1',
  ...change,
})

export const withRules = (...rules: readonly Rule[]): RuleSet => ({ ...DEFAULT_RULES, rules })

// Small worlds, so that every rule is met, kept and broken often.
const near = fc.integer({ min: -300, max: 300 })
const anyAirPoint: fc.Arbitrary<AirPoint> = fc
  .tuple(near, near, fc.integer({ min: -20, max: 150 }), fc.constantFrom('HOME', 'AGL', 'W84'))
  .map(([east, north, height, ref]) => {
    const point = at(east, north, height)
    const mm = point.altitude.mm + (ref === 'W84' ? 450_000 : 0)
    return { ...point, altitude: { mm, ref } }
  })

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 8 })
const percent = orNull(fc.integer({ min: 0, max: 100 }))
const anyZone = fc.record(
  {
    id: fc.constantFrom('z1', 'z2'),
    restriction: fc.constantFrom('PROHIBITED', 'REQ_AUTHORISATION', 'CONDITIONAL', 'NO_RESTRICTION'),
    authorised: fc.boolean(),
    here: fc.boolean(),
    ahead: fc.boolean(),
  },
  { noNullPrototype: true },
)

export const anySituation: fc.Arbitrary<Situation> = fc.record(
  {
    status: fc.constantFrom('ground', 'airborne', 'unknown'),
    own: orNull(anyAirPoint),
    home: orNull(fc.constant(HOME)),
    energy: fc.record(
      { batteryPct: percent, returnPct: percent, targetPct: percent },
      { noNullPrototype: true },
    ),
    zones: orNull(fc.array(anyZone, { maxLength: 2 })),
    avoiding: orNull(fc.boolean()),
    peopleBelow: orNull(fc.boolean()),
    linkSilentMs: orNull(fc.integer({ min: 0, max: 100_000 })),
    clock: fc.record(
      { wallMs: fc.constant(NOW_MS), errorMs: orNull(fc.constant(500)) },
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
)

const anyIssuer = fc
  .tuple(fc.constantFrom('ann', 'bob', 'cat'), fc.integer({ min: 0, max: 15_000 }))
  .map(([agent, agoMs]) => issuer(agent, agoMs))

export const anyCommand: fc.Arbitrary<Command> = fc.record(
  {
    verb: fc.constantFrom(...RULED_VERBS, ...SAFE_VERBS),
    target: orNull(anyAirPoint),
    issuers: fc.array(anyIssuer, { maxLength: 4 }),
    notAfterMs: fc.integer({ min: NOW_MS - 2000, max: NOW_MS + 40_000 }),
    nonce: fc.constant('n1'),
  },
  { noNullPrototype: true },
)

const altitude = fc
  .tuple(fc.integer({ min: -10, max: 130 }), fc.constantFrom('HOME' as const, 'AMSL' as const))
  .map(([m, ref]) => ({ mm: m * 1000 + (ref === 'AMSL' ? 403_000 : 0), ref }))

const area = fc.oneof(
  fc.tuple(near, near, fc.integer({ min: 1, max: 400 })).map(([east, north, radiusM]) => ({
    shape: 'circle' as const,
    centre: { latE7: at(east, north).latE7, lonE7: at(east, north).lonE7 },
    radiusMm: radiusM * 1000,
  })),
  fc.tuple(near, near, fc.integer({ min: 10, max: 400 })).map(([east, north, sizeM]) => ({
    shape: 'polygon' as const,
    vertices: [at(east, north), at(east + sizeM, north), at(east, north + sizeM)].map(({ latE7, lonE7 }) => ({
      latE7,
      lonE7,
    })),
  })),
)

const id = fc.nat({ max: 999 }).map(n => `rule-${n}`)
const inFlight = fc.constantFrom(...SAFE_VERBS)

/** Rules of every kind. */
export const anyRule: fc.Arbitrary<Rule> = fc.oneof(
  id.map(id => ({ id, kind: 'collision' as const })),
  fc.record({ id, kind: fc.constant('geo-zones' as const), inFlight }, { noNullPrototype: true }),
  fc
    .tuple(id, fc.boolean(), area, fc.integer({ min: 0, max: 50_000 }), altitude)
    .map(([id, isInside, area, marginMm, bound]): Rule => {
      const stay = isInside ? 'inside' : 'outside'
      return {
        id,
        kind: 'geofence',
        stay,
        area,
        marginMm,
        ...(isInside ? { upper: bound } : { lower: bound }),
      }
    }),
  fc.tuple(id, altitude).map(([id, upper]) => ({ id, kind: 'altitude' as const, upper })),
  fc.tuple(id, altitude).map(([id, lower]) => ({ id, kind: 'altitude' as const, lower })),
  fc
    .tuple(id, fc.integer({ min: 1, max: 400_000 }))
    .map(([id, maxMm]) => ({ id, kind: 'range' as const, maxMm })),
  fc.tuple(id, fc.integer({ min: 2, max: 3 })).map(([id, unlessIssuers]) => ({
    id,
    kind: 'people' as const,
    unlessIssuers,
  })),
  fc.tuple(id, fc.integer({ min: 0, max: 60 }), inFlight).map(([id, reservePct, inFlight]) => ({
    id,
    kind: 'energy' as const,
    reservePct,
    inFlight,
  })),
  fc.tuple(id, fc.integer({ min: 1, max: 90_000 }), inFlight).map(([id, silentMaxMs, inFlight]) => ({
    id,
    kind: 'link' as const,
    silentMaxMs,
    inFlight,
  })),
)

export const anyRuleSet: fc.Arbitrary<RuleSet> = fc
  .uniqueArray(anyRule, { maxLength: 4, selector: rule => rule.id })
  .map(rules => withRules(...rules))

import { z } from 'zod'
import { ROLES } from '../roles.ts'
import { ALTITUDE_REFS } from './altitude.ts'
import { AREA_SPAN_MAX_MM, polygonFaults } from './area.ts'
import { RULED_VERBS, SAFE_VERBS } from './command.ts'
import { RULES_VERSION, type RuleSet } from './rule-set.ts'

const MAX_RULES = 100
/** Every edge is compared with every other when a rule set is read, and with every way when a command is judged. */
const MAX_VERTICES = 256
const MAX_ISSUERS = 8
const MAX_LIFE_MS = 120_000
const MAX_QUORUM_MS = 60_000

/** Also when something else is wrong, so that everything is told at once. */
const EVER = (): boolean => true

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,47}$/, 'takes small letters, digits and hyphens, a letter first, at most 48')

const altitude = z.strictObject({
  mm: z.int().min(-1_000_000).max(12_000_000),
  ref: z.enum(ALTITUDE_REFS),
})
const band = { lower: altitude.exactOptional(), upper: altitude.exactOptional() }

const point = z.strictObject({
  latE7: z.int().min(-900_000_000).max(900_000_000),
  lonE7: z.int().min(-1_800_000_000).max(1_800_000_000),
})

const vertices = z
  .array(point)
  .min(3)
  .max(MAX_VERTICES)
  .check(({ value, issues }) => {
    for (const message of polygonFaults(value)) issues.push({ code: 'custom', input: value, message })
  })

const area = z.discriminatedUnion('shape', [
  z.strictObject({
    shape: z.literal('circle'),
    centre: point,
    radiusMm: z.int().positive().max(AREA_SPAN_MAX_MM),
  }),
  z.strictObject({ shape: z.literal('polygon'), vertices }),
])

const ruledVerb = z.enum(RULED_VERBS, {
  error: ({ input }) =>
    SAFE_VERBS.some(verb => verb === input)
      ? `${input} is always carried out: no rule can refuse it`
      : `takes ${RULED_VERBS.join(', ')}`,
})

const base = {
  id,
  verbs: z.array(ruledVerb).exactOptional(),
  inFlight: z.enum(SAFE_VERBS).exactOptional(),
}

const rule = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('collision') }),
  z.strictObject({ ...base, kind: z.literal('geo-zones') }),
  z
    .strictObject({
      ...base,
      ...band,
      kind: z.literal('geofence'),
      stay: z.enum(['inside', 'outside']),
      area,
      marginMm: z.int().min(0).max(AREA_SPAN_MAX_MM),
    })
    .refine(({ stay, lower }) => stay === 'outside' || lower === undefined, {
      path: ['lower'],
      error:
        'a fence to stay inside has no floor, for the vehicle starts on the ground: write an altitude rule',
      when: EVER,
    }),
  z
    .strictObject({ ...base, ...band, kind: z.literal('altitude') })
    .refine(({ lower, upper }) => lower !== undefined || upper !== undefined, {
      error: 'needs lower, upper or both',
      when: EVER,
    }),
  z.strictObject({ ...base, kind: z.literal('range'), maxMm: z.int().positive() }),
  z.strictObject({
    ...base,
    kind: z.literal('people'),
    unlessIssuers: z.int().min(2).max(MAX_ISSUERS).exactOptional(),
  }),
  z.strictObject({ ...base, kind: z.literal('energy'), reservePct: z.int().min(0).max(100) }),
  z.strictObject({ ...base, kind: z.literal('link'), silentMaxMs: z.int().positive() }),
])

const permit = (issuersMin: number) =>
  z
    .strictObject({
      issuers: z.int().min(issuersMin).max(MAX_ISSUERS),
      roles: z.array(z.enum(ROLES)).min(1).exactOptional(),
    })
    .exactOptional()

/** What a rule set must look like. What spans rules is not in it: `parseRuleSet`. */
export const ruleSetSchema: z.ZodType<RuleSet> = z.strictObject({
  version: z.literal(RULES_VERSION, {
    error: `takes ${RULES_VERSION}; a newer rule set needs a newer program`,
  }),
  name: id,
  revision: z.int().min(1),
  lifeMaxMs: z.int().min(1000).max(MAX_LIFE_MS),
  quorumMs: z.int().min(1000).max(MAX_QUORUM_MS),
  permit: z.strictObject({
    start: permit(1),
    goto: permit(1),
    abort: permit(1),
    // One captured dispatcher must not be able to drop a vehicle out of the sky: no rule set can lower this.
    kill: permit(2),
  }),
  rules: z.array(rule).max(MAX_RULES),
})

import type { SafeVerb } from './command.ts'
import { kindOf } from './kinds.ts'
import { inOrder, type RuleSet } from './rule-set.ts'
import type { Situation } from './situation.ts'

/** What a vehicle does unasked, and why. `avoid`: collision avoidance keeps the helm. */
export interface Demand {
  readonly action: 'avoid' | SafeVerb
  readonly rule: string
  readonly reason: string
}

/**
 * What the rules ask of a vehicle in the air as it flies now, many times a second: the first rule that it is surely
 * breaking, in the order of layers (collision, geo-zone, energy, link), and that says what to do `inFlight`. So a vehicle that
 * avoids another is not called home in the middle of it, and one that is short of energy does not cut through a
 * closed zone. Null: nothing is asked of it.
 */
export function demandOf(rules: RuleSet, situation: Situation): Demand | null {
  if (situation.status !== 'airborne') return null
  for (const rule of inOrder(rules)) {
    const action = rule.kind === 'collision' ? 'avoid' : rule.inFlight
    const reason = action === undefined ? null : kindOf(rule).broken(rule, situation)
    if (action !== undefined && reason !== null) return { action, rule: rule.id, reason }
  }
  return null
}

import type { Role } from '../roles.ts'
import type { Issuer, RuledVerb } from './command.ts'
import type { RuleSet } from './rule-set.ts'

/** The most distinct agents among the issuers that signed within `withinMs` of each other. */
export function agreeing(issuers: readonly Issuer[], withinMs: number): number {
  const counts = issuers.map(({ issuedMs: firstMs }) => {
    const together = issuers.filter(({ issuedMs }) => issuedMs >= firstMs && issuedMs - firstMs <= withinMs)
    return new Set(together.map(({ agent }) => agent)).size
  })
  return Math.max(0, ...counts)
}

/** Whether a verb takes several issuers of whom one with these roles is one: its voice is worth keeping. */
export function countsTogether({ permit }: RuleSet, verb: RuledVerb, roles: readonly Role[]): boolean {
  const { issuers, roles: wanted } = permit[verb] ?? { issuers: 0 }
  return issuers > 1 && (wanted === undefined || wanted.some(role => roles.includes(role)))
}

/** One thing that is wrong with a rule set. */
export interface RulesProblem {
  /** Where: `rules[2].area.radiusMm`; empty = the set as a whole. */
  readonly path: string
  /** What is wrong, and what it takes. */
  readonly what: string
}

/** A rule set that can't be used. Carries everything that is wrong with it, not only the first. */
export class RulesError extends Error {
  override readonly name = 'RulesError'
  readonly code = 'RULES_INVALID'
  readonly problems: readonly RulesProblem[]

  constructor(problems: readonly RulesProblem[]) {
    const count = problems.length === 1 ? 'is 1 problem' : `are ${problems.length} problems`
    const lines = problems.map(({ path, what }) => `  ${path === '' ? '' : `${path}: `}${what}`)
    super(`there ${count} in the rule set\n${lines.join('\n')}`)
    this.problems = problems
  }
}

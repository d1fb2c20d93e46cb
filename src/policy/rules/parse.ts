import type { RuleSet } from './rule-set.ts'
import { RulesError, type RulesProblem } from './rules-error.ts'
import { ruleSetSchema } from './schema.ts'

/**
 * A rule set from what a YAML or JSON file says, already parsed.
 * @throws {RulesError} with everything that is wrong with it.
 */
export function parseRuleSet(value: unknown): RuleSet {
  const result = ruleSetSchema.safeParse(value)
  const problems: RulesProblem[] = (result.error?.issues ?? []).map(({ path, message }) => ({
    path: pathText(path),
    what: message,
  }))
  problems.push(...sameIds(value))
  if (result.success && problems.length === 0) return result.data
  throw new RulesError(problems)
}

/** A decision names a rule, so no two may have one name. Looked for also in a set that is wrong otherwise. */
function sameIds(value: unknown): readonly RulesProblem[] {
  const rules: unknown = isRecord(value) ? value.rules : null
  const ids = (Array.isArray(rules) ? rules : []).map(rule => (isRecord(rule) ? rule.id : undefined))
  return ids.flatMap((id, i) => {
    const first = ids.indexOf(id)
    if (typeof id !== 'string' || first === i) return []
    return [{ path: `rules[${i}].id`, what: `rules[${first}] is called ${id} already` }]
  })
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : `${text}${text === '' ? '' : '.'}${String(key)}`,
    '',
  )

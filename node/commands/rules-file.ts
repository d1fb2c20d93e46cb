import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseRuleSet } from '../../src/policy/rules/parse.ts'
import type { RuleSet } from '../../src/policy/rules/rule-set.ts'

/** Reads a rule set from a YAML or JSON file. Throws RulesError, or what the disk or the YAML parser says. */
export function readRules(file: string): RuleSet {
  return parseRuleSet(parse(readFileSync(file, 'utf8'), { logLevel: 'error' }))
}

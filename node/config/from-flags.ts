import { cwd } from 'node:process'
import type { Problem } from './config-error.ts'
import { FIELDS } from './fields.ts'
import { flagOf } from './flags.ts'
import { fromText } from './from-text.ts'
import type { Given } from './given.ts'

/** Values of the command line, or of a program that starts a node: dotted path -> text or value. */
export type FlagValues = Readonly<Record<string, unknown>>

export function givenByFlags(flags: FlagValues): readonly Given[] {
  return Object.entries(flags)
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => given(path, value, flagOf(path) ?? path))
}

/** Reads `--set path=value`, which may be given many times. */
export function givenBySet(assignments: readonly string[], problems: Problem[]): readonly Given[] {
  return assignments.flatMap(assignment => {
    const at = assignment.indexOf('=')
    if (at > 0) return [given(assignment.slice(0, at).trim(), assignment.slice(at + 1), '--set')]
    problems.push({
      code: 'syntax',
      where: `--set ${assignment}`,
      path: '',
      what: 'must be path=value, such as gossip.flushMs=50',
    })
    return []
  })
}

function given(path: string, value: unknown, where: string): Given {
  return { layer: 'flag', path, value: read(path, value), where: () => where, base: cwd() }
}

function read(path: string, value: unknown): unknown {
  const json = FIELDS.get(path)?.json
  if (json === undefined) return value
  if (typeof value === 'string') return fromText(value, json)
  // A flag that was repeated: each time one item, or several with commas between.
  if (json.items?.type === 'string' && Array.isArray(value)) {
    return value.flatMap(item => (typeof item === 'string' ? fromText(item, json) : [item]))
  }
  return value
}

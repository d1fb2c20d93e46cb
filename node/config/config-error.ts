export type ProblemCode =
  | 'syntax'
  | 'unreadable-file'
  | 'unknown-key'
  | 'bad-value'
  | 'missing-file'
  | 'contradiction'

/** One thing that is wrong with the configuration. */
export interface Problem {
  readonly code: ProblemCode
  /** Who said it: `/etc/skein/config.yaml:3:5`, `SKEIN_GOSSIP__FLUSH_MS`, `--set`. */
  readonly where: string
  /** The dotted key, empty when no key is at fault. */
  readonly path: string
  /** What is wrong, and what to do. Never holds a secret. */
  readonly what: string
}

/** The configuration can't be used. Carries everything that is wrong with it, not only the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'is 1 problem' : `are ${problems.length} problems`
    super(`there ${count} in the configuration\n${problems.map(line).join('\n')}`)
    this.problems = problems
  }
}

function line({ where, path, what }: Problem): string {
  return `  ${where}: ${path === '' ? '' : `${path}: `}${what}`
}

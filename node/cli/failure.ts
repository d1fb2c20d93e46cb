import { inspect, styleText } from 'node:util'
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'

/** The command line asks for something that makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'USAGE'
}

/**
 * Says on stderr what went wrong, and gives the code to end with. The messages of our errors say what, where
 * and what to do; a stack is only for who asks (`--log-level debug`), or for a bug of ours.
 */
export function reportFailure(error: unknown, options: { readonly stack: boolean }): ExitCode {
  const exitCode = exitCodeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  const lines = [`${styleText('red', 'error:', { stream: process.stderr })} ${message}`]
  if (exitCode === EXIT.bug)
    lines.push('This is a bug. Please report it with the output of: --log-level debug')
  if (options.stack) lines.push(inspect(error))
  process.stderr.write(`${lines.join('\n')}\n`)
  return exitCode
}

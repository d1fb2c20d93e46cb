import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const BIN = fileURLToPath(new URL('../../../node/cli/bin.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface SkeinOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
}

/** A home of its own for every process of this run, so that no file of the developer's counts. */
const HOME = mkdtempSync(join(tmpdir(), 'skein-home-'))
process.once('exit', () => rmSync(HOME, { recursive: true, force: true }))

/** The environment of a user who set nothing. */
function plainEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(SKEIN_|FORCE_COLOR|NO_COLOR|COLUMNS)/.test(name),
  )
  return { ...Object.fromEntries(inherited), HOME, ...extra }
}

/** Starts the real executable. */
export function start(args: readonly string[], { env, cwd }: SkeinOptions = {}) {
  return spawn(process.execPath, [BIN, ...args], { env: plainEnv(env), cwd, stdio: 'pipe' })
}

/** Runs the real executable to its end. */
export async function skein(args: readonly string[], options: SkeinOptions = {}): Promise<Ended> {
  const child = start(args, options)
  child.stdin.end(options.input ?? '')
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, stdout, stderr }
}

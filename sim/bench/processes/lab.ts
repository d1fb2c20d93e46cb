import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const STARTS_WITHIN_MS = 120_000

/** A process that has said its first words. */
export interface Started {
  readonly pid: number
  readonly child: ChildProcess
  /** From the call to the words. */
  readonly tookMs: number
  /** What the words were, by the groups of the pattern. */
  readonly said: readonly string[]
}

/**
 * What one measurement starts: processes as the user runs them, in a directory of their own, with nothing of
 * the caller's configuration. All of it is gone when it is disposed of.
 */
export class Lab implements AsyncDisposable {
  readonly dir: string
  /** No other measurement has it, so that none meets another's nodes. */
  readonly swarm = `bench-${process.pid}-${Math.random().toString(36).slice(2, 8)}`
  readonly #children = new Set<ChildProcess>()
  readonly #atExit = (): void => {
    for (const child of this.#children) kill(child)
  }

  private constructor(dir: string) {
    this.dir = dir
    process.once('exit', this.#atExit)
  }

  static async open(): Promise<Lab> {
    return new Lab(await mkdtemp(join(tmpdir(), 'skein-bench-')))
  }

  /** Starts `node ARGS`; resolves when its stdout matches `words`. */
  async start(
    args: readonly string[],
    words: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Started> {
    const startedMs = performance.now()
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: this.dir, NO_COLOR: '1', ...env },
    })
    this.#own(child)
    const said = await firstWords(child, words, args)
    return { pid: child.pid ?? 0, child, tookMs: performance.now() - startedMs, said }
  }

  /** Ends a process at once, as a crash would; resolves when it is gone. */
  async kill({ child }: Pick<Started, 'child'>): Promise<void> {
    kill(child)
    await ended(child)
  }

  /** Lets a process end in good order, then ends it. */
  async stop(started: Pick<Started, 'child'>): Promise<void> {
    started.child.kill('SIGTERM')
    await Promise.race([ended(started.child), sleep(15_000, undefined, { ref: false })])
    await this.kill(started)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children].map(child => this.kill({ child })))
    process.off('exit', this.#atExit)
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }

  #own(child: ChildProcess): void {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
  }
}

function firstWords(child: ChildProcess, words: RegExp, args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    let out = ''
    const fail = (why: string) => reject(new Error(`node ${args.join(' ')}: ${why}; its words:\n${out}`))
    const timer = setTimeout(() => fail(`said nothing like ${words} in time`), STARTS_WITHIN_MS)
    child.once('exit', code => fail(`ended with ${code} before it was up`))
    const listen = (text: string): void => {
      out = `${out}${text}`.slice(-10_000)
      const found = words.exec(out)
      if (found === null) return
      clearTimeout(timer)
      resolve(found.slice(1))
    }
    child.stdout?.setEncoding('utf8').on('data', listen)
    child.stderr?.setEncoding('utf8').on('data', listen)
  })
}

const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const ended = (child: ChildProcess): Promise<void> =>
  isOver(child) ? Promise.resolve() : new Promise(resolve => child.once('exit', () => resolve()))

/** By its pid, and also when it stands still. */
function kill(child: ChildProcess): void {
  if (isOver(child)) return
  child.kill('SIGCONT')
  child.kill('SIGKILL')
}

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createClient, type SkeinClient } from '../../../node/client/client.ts'
import type { PartialConfig } from '../../../node/config/schema.ts'
import type { NodeStatus } from '../../../node/interface.ts'
import type { AgentId } from '../../../src/ports.ts'
import { eventually, HopelessError } from './eventually.ts'

export const BIN = join(import.meta.dirname, '../../../node/cli/bin.js')
/** A process that does not end in good order within this time is ended the hard way. */
const STOP_WITHIN_MS = 15_000

/** How a node is started, the first time and again. */
export interface NodePlan {
  readonly command: 'run' | 'relay'
  readonly name: string
  readonly dataDir: string
  /** The home of the user it runs as: no configuration of whoever runs the tests comes in. */
  readonly home: string
  readonly config: PartialConfig
  readonly env?: Readonly<Record<string, string>>
}

/** A node as a user runs it: a process of its own, known by its API and by what it writes. */
export class NodeProcess {
  readonly plan: NodePlan
  readonly agent: AgentId
  readonly client: SkeinClient
  /** Where its API is. */
  readonly url: string
  /** Addresses at which peers reach it, as its status gave them when it was up. */
  readonly listen: readonly string[]
  readonly #run: Run

  private constructor(plan: NodePlan, run: Run, url: string, status: NodeStatus) {
    this.plan = plan
    this.agent = status.agent
    this.client = createClient({ url })
    this.url = url
    this.listen = status.listen
    this.#run = run
  }

  /** Starts it and resolves when its API answers. */
  static async start(plan: NodePlan, onSpawn: (child: ChildProcess) => void): Promise<NodeProcess> {
    const run = spawnSkein([plan.command, ...flagsOf(plan)], { home: plan.home, ...plan.env })
    onSpawn(run.child)
    const [url, status] = await eventually(
      `${plan.name} is up`,
      async () => {
        const { stdout, stderr } = run.out
        if (run.child.exitCode !== null)
          throw new HopelessError(`${plan.name} ended with ${run.child.exitCode}: ${stderr}`)
        const found = /^api\s+(http:\S+)/m.exec(stdout)?.[1]
        if (found === undefined) throw new Error(`it has no banner yet, but says: ${stdout}${stderr}`)
        return [found, await createClient({ url: found }).status()] as const
      },
      { withinS: 60 },
    )
    return new NodeProcess(plan, run, url, status)
  }

  get pid(): number {
    return this.#run.child.pid ?? 0
  }

  /** What it has written to stderr: its log. */
  get log(): string {
    return this.#run.out.stderr
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#run.child.exitCode !== null || this.#run.child.signalCode !== null
  }

  /** As a crash would: nothing is flushed, nobody is told. */
  async kill(): Promise<void> {
    this.#run.child.kill('SIGKILL')
    await this.#run.ended
  }

  /** Lets it leave in good order; returns the code that it ended with. */
  async stop(): Promise<number | null> {
    this.#run.child.kill('SIGTERM')
    const timer = setTimeout(() => this.#run.child.kill('SIGKILL'), STOP_WITHIN_MS)
    await this.#run.ended
    clearTimeout(timer)
    return this.#run.child.exitCode
  }

  /** The process stands still, as in a debugger or on a board that swaps. */
  pause(): void {
    this.#run.child.kill('SIGSTOP')
  }

  resume(): void {
    this.#run.child.kill('SIGCONT')
  }
}

function flagsOf({ dataDir, name, config }: NodePlan): readonly string[] {
  const settings = Object.entries(flat(config)).flatMap(([path, value]) => ['--set', `${path}=${value}`])
  return ['--data-dir', dataDir, '--name', name, ...settings]
}

/** `{ api: { port: 0 } }` as `{ 'api.port': '0' }`; lists as JSON, which YAML reads too. */
function flat(config: object, prefix = ''): Record<string, string> {
  return Object.entries(config).reduce<Record<string, string>>((found, [key, value]) => {
    const path = `${prefix}${key}`
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value) && !isPoint(value)
    if (isGroup) return Object.assign(found, flat(value, `${path}.`))
    return Object.assign(found, { [path]: typeof value === 'string' ? value : JSON.stringify(value) })
  }, {})
}

/** A place is one value, not a group of settings. */
const isPoint = (value: object): boolean => 'latDeg' in value

/** A command that runs, or has run. */
export interface Run {
  readonly child: ChildProcess
  readonly out: { stdout: string; stderr: string }
  readonly ended: Promise<void>
}

/** Starts `skein ARGS`, as the user whose home directory is given and with nothing of ours in its environment. */
export function spawnSkein(
  args: readonly string[],
  { home, ...env }: Readonly<Record<string, string>> & { readonly home: string },
): Run {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: home, NO_COLOR: '1', ...env },
  })
  return follow(child)
}

/** Gathers what a process writes, and when it ends. */
export function follow(child: ChildProcess): Run {
  const out = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text
  })
  // `close`, not `exit`: by then all that it wrote has been read.
  const ended = new Promise<void>(resolve => void child.once('close', () => resolve()))
  return { child, out, ended }
}

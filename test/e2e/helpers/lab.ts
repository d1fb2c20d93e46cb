import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PartialConfig } from '../../../node/config/schema.ts'
import { type NodePlan, NodeProcess, type Run, spawnSkein } from './node-process.ts'

/** Children that live, of all labs: a test run that is broken off leaves none of them. */
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) end(child)
})

export interface StartOptions {
  readonly command?: 'run' | 'relay'
  readonly env?: Readonly<Record<string, string>>
}

/** What one scenario starts and makes: a swarm of its own, in a directory of its own. */
export class Lab implements AsyncDisposable {
  /** No other scenario has it, so that none meets another's nodes. */
  readonly swarm = `e2e-${process.pid}-${Math.random().toString(36).slice(2, 10)}`
  readonly dir: string
  readonly #children = new Set<ChildProcess>()

  private constructor(dir: string) {
    this.dir = dir
  }

  static async open(): Promise<Lab> {
    return new Lab(await mkdtemp(join(tmpdir(), 'skein-e2e-')))
  }

  /** Starts a node on loopback, by default at free ports and finding nobody by itself. */
  async node(name: string, config: PartialConfig = {}, options: StartOptions = {}): Promise<NodeProcess> {
    const { command = 'run', env = {} } = options
    const plan: NodePlan = {
      command,
      name,
      env,
      dataDir: join(this.dir, name),
      home: this.dir,
      config: { ...this.baseConfig(), ...config },
    }
    return await NodeProcess.start(plan, child => this.own(child))
  }

  /** Starts a node again on the data it left. */
  async again({ plan }: NodeProcess): Promise<NodeProcess> {
    return await NodeProcess.start(plan, child => this.own(child))
  }

  baseConfig(): PartialConfig {
    return {
      swarm: this.swarm,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      mdns: false,
      api: { port: 0 },
      eventLog: { reserveMiB: 1 },
      log: { format: 'json' },
    }
  }

  /** Runs `skein ARGS` to its end. */
  async skein(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const run = spawnSkein(args, { home: this.dir })
    this.own(run.child)
    await run.ended
    return { code: run.child.exitCode, ...run.out }
  }

  /** Starts `skein ARGS` and leaves it running. */
  start(...args: readonly string[]): Run {
    const run = spawnSkein(args, { home: this.dir, TMPDIR: this.dir })
    this.own(run.child)
    return run
  }

  /** Takes a process into care: it ends with the lab at the latest. */
  own(child: ChildProcess): void {
    alive.add(child)
    this.#children.add(child)
    child.once('exit', () => {
      alive.delete(child)
      this.#children.delete(child)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = [...this.#children]
    const gone = children.map(child => new Promise(resolve => child.once('exit', resolve)))
    for (const child of children) end(child)
    await Promise.all(gone)
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** By its pid, and also when it stands still. */
function end(child: ChildProcess): void {
  child.kill('SIGCONT')
  child.kill('SIGKILL')
}

/** A TCP port of loopback that was free just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

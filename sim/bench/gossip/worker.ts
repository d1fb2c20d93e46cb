import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of a benchmark, and the typed messages to and from it. */
export interface Worker<Command, Report extends { readonly t: string }> {
  send(command: Command): void
  /** The next report of this kind; any earlier one of another kind is passed over. */
  next<T extends Report['t']>(kind: T): Promise<Extract<Report, { t: T }>>
  stop(): Promise<void>
}

/**
 * Starts a file of this folder as a process of its own. Its death before `stop` fails whoever waits for it.
 * With SKEIN_BENCH_PROF=<folder> in the environment every process leaves a CPU profile there.
 */
export function startWorker<Command, Report extends { readonly t: string }>(
  file: string,
  args: readonly string[] = [],
): Worker<Command, Report> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv:
      process.env.SKEIN_BENCH_PROF === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${process.env.SKEIN_BENCH_PROF}`],
  })
  const inbox: Report[] = []
  let wake: (() => void) | undefined
  let dead = false
  child.on('message', report => {
    inbox.push(report as Report)
    wake?.()
  })
  child.on('exit', () => {
    dead = true
    wake?.()
  })
  return {
    send: command => void child.send(command as object),
    async next(kind) {
      for (;;) {
        const report = inbox.shift()
        if (report?.t === kind) return report as Extract<Report, { t: typeof kind }>
        if (report !== undefined) continue
        if (dead) throw new Error(`The process ${file} ended before it reported '${kind}'.`)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    stop: () => stopChild(child),
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(timer)
}

/** In a worker: the messages of whoever started it. The process ends with its parent. */
export function onCommand<Command>(handle: (command: Command) => void): void {
  process.on('message', command => handle(command as Command))
  process.on('disconnect', () => process.exit(0))
}

export function report(message: { readonly t: string }): void {
  process.send?.(message)
}

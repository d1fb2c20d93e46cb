import { setTimeout as sleep } from 'node:timers/promises'
import { Option } from 'commander'
import { UsageError } from './failure.ts'

export interface WatchOptions {
  /** Seconds between two looks; absent = look once. */
  readonly watch?: number
}

export function watchOption(): Option {
  return new Option('-w, --watch [seconds]', 'look again and again, until Ctrl-C')
    .preset('2')
    .argParser(seconds)
}

function seconds(text: string): number {
  const value = Number(text)
  if (value >= 0.1 && value <= 3600) return value
  throw new UsageError(`--watch ${text}: must be seconds, from 0.1 to 3600`)
}

/** Looks once, or again and again on a clean screen until Ctrl-C. */
export async function look(
  options: WatchOptions,
  show: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, done } = untilInterrupted()
  try {
    do {
      if (options.watch !== undefined && process.stdout.isTTY) process.stdout.write('\x1b[H\x1b[J')
      await show(signal)
      if (options.watch !== undefined) await sleep(options.watch * 1000, undefined, { signal })
    } while (options.watch !== undefined)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    done()
  }
}

/** A signal that Ctrl-C aborts: how people end what would go on. */
export function untilInterrupted(): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController()
  const stop = () => controller.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return {
    signal: controller.signal,
    done() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}

import { format } from 'node:util'
import type { ComponentLogger, Logger as Libp2pLogger } from '@libp2p/interface'
import { toString as bytesToText } from 'uint8arrays'
import type { Logger } from './log.ts'

/**
 * Gives libp2p a logger that ends in ours: its lines at `debug` (errors too: what libp2p calls an error is
 * everyday life on a radio link), its traces at `trace`. Costs one comparison per line while they are off.
 */
export function libp2pLogger(log: Logger): ComponentLogger {
  return { forComponent: name => scoped(log, name) }
}

function scoped(log: Logger, component: string): Libp2pLogger {
  const child = log.child({ component })
  const at =
    (level: 'debug' | 'trace') =>
    (first: unknown, ...rest: unknown[]): void => {
      if (child.isLevelEnabled(level)) child[level](fill(first, rest))
    }
  const logger = Object.assign(at('debug'), {
    error: at('debug'),
    trace: at('trace'),
    enabled: false,
    newScope: (name: string) => scoped(log, `${component}:${name}`),
  })
  return Object.defineProperty(logger, 'enabled', { get: () => child.isLevelEnabled('debug') })
}

/** What libp2p's own letters stand for; the others are those of `util.format`. */
const LETTERS: Readonly<Record<string, (value: unknown) => string>> = {
  a: String,
  b: value => bytes(value, 'base58btc'),
  c: String,
  e: value => (value instanceof Error ? `${value.name}: ${value.message}` : String(value)),
  k: String,
  m: value => bytes(value, 'base64'),
  p: String,
  t: value => bytes(value, 'base32'),
}

function bytes(value: unknown, base: 'base58btc' | 'base64' | 'base32'): string {
  return value instanceof Uint8Array ? bytesToText(value, base) : String(value)
}

function fill(first: unknown, rest: readonly unknown[]): string {
  if (typeof first !== 'string') return format(first instanceof Error ? LETTERS.e?.(first) : first, ...rest)
  const values = [...rest]
  let next = 0
  const pattern = first.replace(/%([a-zA-Z%])/g, (whole, letter: string) => {
    if (letter === '%') return whole
    const write = LETTERS[letter]
    const index = next++
    if (write === undefined || index >= values.length) return whole
    values[index] = write(values[index])
    return '%s'
  })
  return format(pattern, ...values)
}

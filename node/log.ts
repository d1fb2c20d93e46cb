import { styleText } from 'node:util'
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { printable } from './printable.ts'

export type { Logger } from 'pino'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** auto = human on a terminal, else json. */
export const LOG_FORMATS = ['auto', 'human', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** Lines that wait for a reader of stderr that does not read: past this many bytes they are dropped. */
const UNREAD_BYTES_MAX = 1 << 20

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  /** The node's name; in each JSON line as `node`. */
  readonly name: string
  /** Where lines go. @default stderr, so that stdout carries data only */
  readonly to?: DestinationStream
}

/** The program's logger. Messages first, facts as fields: `log.info({ peer }, 'peer joined')`. */
export function createLogger({ level, format, name, to }: LoggerOptions): Logger {
  const human = format === 'human' || (format === 'auto' && process.stderr.isTTY === true)
  const out = to ?? stderr()
  const color = human && to === undefined && process.stderr.hasColors?.() === true
  return pino(
    {
      level,
      base: { node: name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: errorFacts },
    },
    human ? { ...out, write: line => out.write(humanLine(line, color)) } : out,
  )
}

/** Resolves when every line so far has left the process. */
export function flushed(log: Logger): Promise<void> {
  return new Promise(resolve => log.flush(() => resolve()))
}

/** Not synced: a pipe that nobody reads must not stop the node. */
function stderr(): FlushableStream {
  // Lines leave at once all the same; with no least length at all, a flush would not wait for them.
  const out = destination({ dest: 2, sync: false, minLength: 1, maxLength: UNREAD_BYTES_MAX })
  return { write: line => void out.write(line), flush: done => out.flush(done) }
}

/** Looked for by pino's own `flush`. */
interface FlushableStream extends DestinationStream {
  flush(done: (error?: Error) => void): void
}

/** `12:00:00.000 info  peer joined  peer=12D3…` from pino's JSON line. */
function humanLine(json: string, color: boolean): string {
  const { level, time, node: _, msg, ...facts }: Record<string, unknown> = JSON.parse(json)
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text
  const fields = Object.entries(facts).map(([key, value]) => {
    return `${paint('dim', `${printable(key)}=`)}${printable(factText(value))}`
  })
  const label = String(level)
  const head = `${paint('dim', String(time).slice(11, 23))} ${paint(LEVEL_STYLES[label] ?? 'blue', label.padEnd(5))}`
  return `${[`${head} ${printable(String(msg ?? ''))}`, ...fields].join('  ')}\n`
}

const LEVEL_STYLES: Readonly<Record<string, 'red' | 'yellow' | 'green'>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
}

function factText(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value
  return JSON.stringify(value)
}

function errorFacts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error ? { code: error.code } : {}
  return { name: error.name, ...code, message: error.message, stack: error.stack }
}

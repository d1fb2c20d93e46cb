import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { createClient, type SkeinClient } from '../client/client.ts'
import { UsageError } from './failure.ts'
import { OUTPUT_FORMATS, type OutputFormat } from './output.ts'

const DEFAULT_API = 'http://127.0.0.1:4780'

export interface OutputOptions {
  readonly output: OutputFormat
}

export interface ApiOptions {
  readonly api?: string
  readonly tokenFile?: string
}

/** Texts of examples stand above everything else in a command's help. */
export function withExamples(command: Command, examples: readonly (readonly [string, string])[]): Command {
  const width = Math.max(...examples.map(([line]) => line.length))
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`.trimEnd())
  return command.addHelpText('before', `${lines.join('\n')}\n`)
}

export function outputOption(): Option {
  return new Option('-o, --output <form>', 'how to print').choices(OUTPUT_FORMATS).default('table')
}

/** Where the node is that a command asks, and what lets it in. */
export function withApiOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--api <url>', `the node: URL, HOST:PORT, PORT or unix:PATH (SKEIN_API; ${DEFAULT_API})`),
    )
    .addOption(new Option('--token-file <file>', 'file with its bearer token (SKEIN_API__TOKEN_FILE)'))
    .addOption(logLevelOption())
}

/** Every command takes it: with `debug`, an error comes with its stack. */
export function logLevelOption(): Option {
  const option = new Option('--log-level <level>', 'debug shows the stack of an error')
  option.argChoices = ['info', 'debug']
  return option
}

/** A client of the node that the options or the environment name. */
export function clientOf({ api, tokenFile }: ApiOptions): SkeinClient {
  const url = apiUrl(api ?? process.env.SKEIN_API ?? DEFAULT_API)
  const file = tokenFile ?? process.env.SKEIN_API__TOKEN_FILE
  if (file === undefined || file === '') return createClient({ url })
  return createClient({ url, token: readFileSync(file, 'utf8').trim() })
}

/** `4781`, `drone-7:4780`, `http://drone-7:4780/` and `unix:skein.sock` all mean an API. */
export function apiUrl(text: string): string {
  const [, socketPath] = /^unix:(.*)$/.exec(text) ?? []
  if (socketPath) return `unix:${resolve(socketPath)}`
  const full = /^\d+$/.test(text)
    ? `http://127.0.0.1:${text}`
    : text.includes('://')
      ? text
      : `http://${text}`
  const url = URL.parse(full)
  if (socketPath === '' || url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--api ${text}: must be a URL, HOST:PORT, PORT or unix:PATH, such as ${DEFAULT_API}`)
  }
  return url.origin
}

/** Reads a number of the command line that must be whole and not negative. */
export function wholeNumber(flag: string): (text: string) => number {
  return text => {
    if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${flag} ${text}: must be a whole number, 0 or more`)
    return Number(text)
  }
}

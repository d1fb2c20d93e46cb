import { Command, Option } from 'commander'
import { SCOPES, type Scope } from '../../api/guard/scope.ts'
import {
  createToken,
  readTokens,
  revokeToken,
  TOKEN_NAME,
  type TokenRecord,
  tokensFileOf,
} from '../../api/guard/token-file.ts'
import { loadConfig } from '../../config/load.ts'
import { type ConfigOptionValues, configSources } from '../config-options.ts'
import { UsageError } from '../failure.ts'
import { logLevelOption, type OutputOptions, outputOption, withExamples } from '../options.ts'
import { hint, print, printRows } from '../output.ts'

export function command(): Command {
  const token = new Command('token').description(
    'Who may use the API of a node, and for what. Works on the data directory, whether the node runs or not; one that runs notices at once.',
  )
  for (const child of [createCommand(), listCommand(), revokeCommand()]) token.addCommand(onDataDir(child))
  return withExamples(token, [
    ['skein token create --name grafana --scope read > grafana.token', 'shown this once'],
    ['skein token create --name pilot --scope operate --expires 30d', 'for a month'],
    ['skein token list', 'names, scopes, ends'],
    ['skein token revoke pilot', 'let it in no more'],
  ])
}

function onDataDir(command: Command): Command {
  return command
    .addOption(
      new Option('-c, --config <file>', 'YAML file that names the data directory').argParser(file => [file]),
    )
    .option('--data-dir <dir>', 'directory of the node')
    .addOption(logLevelOption())
}

function createCommand(): Command {
  return new Command('create')
    .summary('make a token, and show it this once')
    .description('Makes a token and writes it to stdout, this once: the node keeps only its SHA-256.')
    .addOption(new Option('--name <name>', 'what it is known by, also in the log').makeOptionMandatory())
    .addOption(
      new Option('--scope <scope>', 'what it may do; each includes the ones before')
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--expires <time>', 'when it ends, from now: 90m, 12h, 30d').argParser(lifetimeMs))
    .addOption(outputOption())
    .action(create)
}

function listCommand(): Command {
  return new Command('list')
    .summary('all tokens, without what lets one in')
    .description('Lists names, scopes and ends of all tokens.')
    .addOption(outputOption())
    .action(list)
}

function revokeCommand(): Command {
  return new Command('revoke')
    .summary('let a token in no more')
    .description('Takes a token away: a running node refuses it from now on, and breaks off its streams.')
    .argument('<name>', 'as `skein token list` shows it')
    .action(revoke)
}

interface CreateFlags {
  readonly name: string
  readonly scope: Scope
  readonly expires?: number
}

async function create(options: ConfigOptionValues & OutputOptions & CreateFlags): Promise<void> {
  const { name, scope, expires, output } = options
  if (!TOKEN_NAME.test(name)) {
    throw new UsageError(`--name ${name}: must be at most 32 lower-case letters, digits and dashes`)
  }
  const expiresAt = expires === undefined ? null : new Date(Date.now() + expires).toISOString()
  const { token, record } = await createToken(fileOf(options), { name, scope, expiresAt })
  if (output === 'table') print(token)
  else print(JSON.stringify({ token, ...facts(record) }))
  hint('shown this once; callers send it as "Authorization: Bearer TOKEN"')
}

function list(options: ConfigOptionValues & OutputOptions): void {
  const columns = [
    { title: 'NAME', value: ({ name }: Facts) => name },
    { title: 'SCOPE', value: ({ scope }: Facts) => scope },
    { title: 'CREATED', value: ({ createdAt }: Facts) => createdAt },
    { title: 'EXPIRES', value: ({ expiresAt }: Facts) => expiresAt ?? 'never' },
  ]
  printRows(readTokens(fileOf(options)).map(facts), columns, options.output)
}

async function revoke(name: string, options: ConfigOptionValues): Promise<void> {
  await revokeToken(fileOf(options), name)
  print(`revoked ${name}`)
}

type Facts = Omit<TokenRecord, 'sha256'>

function facts({ sha256: _, ...rest }: TokenRecord): Facts {
  return rest
}

const fileOf = (options: ConfigOptionValues): string =>
  tokensFileOf(loadConfig(configSources(options)).config.dataDir)

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function lifetimeMs(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? []
  if (count === undefined)
    throw new UsageError(`--expires ${text}: must be minutes, hours or days, such as 30d`)
  return Number(count) * (UNITS_MS[unit] ?? 0)
}

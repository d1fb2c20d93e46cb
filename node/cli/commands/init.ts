import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import type { Joined } from '../../authority/join.ts'
import { configJsonSchema } from '../../config/json-schema.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { starterConfig } from '../../config/starter.ts'
import { loadOrCreateIdentity } from '../../identity/identity.ts'
import { unlockData } from '../../store/sealed/unlock.ts'
import { type ConfigOptionValues, configSources, withConfigOptions } from '../config-options.ts'
import { UsageError } from '../failure.ts'
import { withExamples } from '../options.ts'
import { hint, listOf, print } from '../output.ts'

const SCHEMA_FILE = 'skein.schema.json'

interface InitOptions extends ConfigOptionValues {
  readonly file?: string
  readonly join?: string
  readonly root?: string
}

type Facts = readonly (readonly [string, string])[]

export function command(): Command {
  const init = new Command('init')
    .description(
      'Makes what a node needs: a data directory, an identity in it, and a configuration file with every key explained. The values you give are filled in. What is already there is kept. With --join the node is a member of a closed swarm; joining again installs a renewed certificate, also while the node runs.',
    )
    .option(
      '--file <file>',
      'where to write the configuration (~/.config/skein/config.yaml, or in --data-dir)',
    )
    .option('--join <file>', 'become a member, by a bundle of skein ca issue')
    .option('--root <fingerprint>', 'with --join: believe this root key only')
    .action(initialise)
  return withExamples(withConfigOptions(init), [
    ['skein init', 'for this user'],
    ['skein init --data-dir ./heron --name heron --swarm north', 'a node of its own'],
    ['skein init --join heron.bundle --root SHA256:…', 'a member of a closed swarm'],
  ])
}

async function initialise(options: InitOptions): Promise<void> {
  const loaded = loadConfig(configSources(options))
  const { dataDir } = loaded.config
  if (options.root !== undefined && options.join === undefined)
    throw new UsageError('--root: says which root key to believe with --join')
  const dataKey = await unlockData(dataDir, loaded.config.dataKey)
  const root = options.root ?? null
  const joined = options.join === undefined ? null : await joinBy(options.join, root, loaded, dataKey)
  const { identity, created } = await loadOrCreateIdentity(dataDir, dataKey)
  const file = resolve(options.file ?? defaultFile(loaded))
  const chosen = new Map([...(joined === null ? [] : broughtBy(joined)), ...chosenBy(loaded)])
  const isNew = await writeNew(file, starterConfig(chosen, `./${SCHEMA_FILE}`))
  if (isNew)
    await writeFile(join(dirname(file), SCHEMA_FILE), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
  const isMade = created || joined?.madeIdentity === true
  print(
    listOf([
      ['agent', `${identity.agent} (${isMade ? 'made' : 'was there, kept'})`],
      ['data', dataDir],
      ['config', `${file} (${isNew ? 'made' : 'was there, kept'})`],
      ...(joined === null ? [] : membershipFacts(joined)),
    ]),
  )
  hint(`next: skein doctor${configFlag(file)} · skein run${configFlag(file)}`)
}

/** Joining is asked for by few: its code is loaded for them. */
async function joinBy(
  file: string,
  root: string | null,
  { config, origins }: LoadedConfig,
  dataKey: KeyObject | null,
): Promise<Joined> {
  const [{ joinSwarm }, bundle] = await Promise.all([import('../../authority/join.ts'), readFile(file)])
  const said = origins.get('swarm')?.at(-1)
  const swarm = said === undefined || said.layer === 'default' ? null : config.swarm
  const { dataDir } = config
  const joining = { dataDir, dataKey, bundle: Uint8Array.from(bundle), root, swarm }
  const joined = await joinSwarm({ ...joining, nowMs: Date.now() })
  if (joined.isEarly)
    process.stderr.write('The certificate begins later, by the clock of this machine: is that right?\n')
  return joined
}

/** What the bundle says and the configuration should. */
function broughtBy({ bundle, pskFile }: Joined): readonly (readonly [string, unknown])[] {
  const { name, roles } = bundle.member.certificate
  return [
    ['swarm', bundle.swarm],
    ['name', name],
    ['role', roles[0]],
    ['closed', true],
    ...(bundle.bootstrap.length === 0 ? [] : ([['bootstrap', bundle.bootstrap]] as const)),
    ...(pskFile === null ? [] : ([['pskFile', pskFile]] as const)),
  ]
}

function membershipFacts({ bundle, root, pskFile }: Joined): Facts {
  const { name, roles, serial, notAfterMs } = bundle.member.certificate
  return [
    ['swarm', `${bundle.swarm}, as '${name}': ${roles.join(', ')}`],
    ['root', root],
    ['certificate', `${serial}, until ${new Date(notAfterMs).toISOString()}`],
    ...(pskFile === null ? [] : ([['psk', pskFile]] as const)),
  ]
}

/** A node that has a data directory of its own keeps its configuration there. */
function defaultFile({ config, origins }: LoadedConfig): string {
  const isOwn = origins.get('dataDir')?.at(-1)?.layer !== 'default'
  return isOwn ? join(config.dataDir, 'config.yaml') : userFile()
}

function userFile(): string {
  return join(homedir(), '.config/skein/config.yaml')
}

function configFlag(file: string): string {
  return file === userFile() ? '' : ` --config ${file}`
}

/** What was given on the command line or in the environment is written down; the rest stays default. */
function chosenBy({ origins }: LoadedConfig): ReadonlyMap<string, unknown> {
  const chosen = new Map<string, unknown>()
  for (const [path, list] of origins) {
    const origin = list.at(-1)
    if (origin?.layer === 'flag' || origin?.layer === 'env') chosen.set(path, origin.value)
  }
  return chosen
}

async function writeNew(file: string, text: string): Promise<boolean> {
  if (existsSync(file)) return false
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text, { flag: 'wx' })
  return true
}

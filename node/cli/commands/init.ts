import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { configJsonSchema } from '../../config/json-schema.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { starterConfig } from '../../config/starter.ts'
import { loadOrCreateIdentity } from '../../identity/identity.ts'
import { type ConfigOptionValues, configSources, withConfigOptions } from '../config-options.ts'
import { withExamples } from '../options.ts'
import { hint, listOf, print } from '../output.ts'

const SCHEMA_FILE = 'skein.schema.json'

export function command(): Command {
  const init = new Command('init')
    .description(
      'Makes what a node needs: a data directory, an identity in it, and a configuration file with every key explained. The values you give are filled in. What is already there is kept.',
    )
    .option(
      '--file <file>',
      'where to write the configuration (~/.config/skein/config.yaml, or in --data-dir)',
    )
    .action(initialise)
  return withExamples(withConfigOptions(init), [
    ['skein init', 'for this user'],
    ['skein init --data-dir ./heron --name heron --swarm north', 'a node of its own'],
  ])
}

async function initialise(options: ConfigOptionValues & { readonly file?: string }): Promise<void> {
  const loaded = loadConfig(configSources(options))
  const { dataDir } = loaded.config
  const { identity, created } = await loadOrCreateIdentity(dataDir)
  const file = resolve(options.file ?? defaultFile(loaded))
  const isNew = await writeNew(file, starterConfig(chosenBy(loaded), `./${SCHEMA_FILE}`))
  if (isNew)
    await writeFile(join(dirname(file), SCHEMA_FILE), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
  print(
    listOf([
      ['agent', `${identity.agent} (${created ? 'made' : 'was there, kept'})`],
      ['data', dataDir],
      ['config', `${file} (${isNew ? 'made' : 'was there, kept'})`],
    ]),
  )
  hint(`next: skein doctor${configFlag(file)} · skein run${configFlag(file)}`)
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

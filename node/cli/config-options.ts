import { homedir } from 'node:os'
import { type Command, Option } from 'commander'
import { FIELDS, GROUPS } from '../config/fields.ts'
import { CONFIG_FLAGS } from '../config/flags.ts'
import { type ConfigSources, defaultConfigFiles } from '../config/load.ts'
import { SHORT_FORMS } from '../config/short-forms.ts'

/** Parsed options, by the names commander gives them. */
export type ConfigOptionValues = Readonly<Record<string, unknown>> & {
  readonly config?: readonly string[]
  readonly set?: readonly string[]
}

/** Adds the flags of the configuration; their words and choices are those of the schema. */
export function withConfigOptions(command: Command, without: readonly string[] = []): Command {
  command.addOption(
    new Option('-c, --config <file>', 'YAML file, over /etc/skein and ~/.config/skein; repeatable').argParser(
      gather,
    ),
  )
  for (const { path, flag, list } of CONFIG_FLAGS) {
    if (without.includes(path)) continue
    const option = new Option(flag, about(path, flag))
    const choices = FIELDS.get(path)?.json.enum
    // Only shown and completed: the schema checks them, together with everything else.
    if (choices !== undefined) option.argChoices = [...choices]
    if (list === true) option.argParser(gather)
    command.addOption(option)
  }
  return command.addOption(
    new Option('--set <path=value>', 'any other key; see `skein config docs`; repeatable').argParser(gather),
  )
}

/** What the options say, with the files and the environment below them. */
export function configSources(options: ConfigOptionValues): ConfigSources {
  const flags: Record<string, unknown> = {}
  for (const { path, flag } of CONFIG_FLAGS) {
    const value = options[nameOf(flag)]
    // `--no-mdns` is true when absent: then the flag says nothing.
    if (value !== undefined && !(flag.startsWith('--no-') && value === true)) flags[path] = value
  }
  return {
    optionalFiles: defaultConfigFiles(homedir()),
    files: [
      ...(process.env.SKEIN_CONFIG ?? '').split(':').filter(file => file !== ''),
      ...(options.config ?? []),
    ],
    env: process.env,
    flags,
    set: options.set ?? [],
  }
}

function nameOf(flag: string): string {
  return new Option(flag).attributeName()
}

/** The first words of the key's description; the rest is in `skein config explain`. */
function about(path: string, flag: string): string {
  const description = (FIELDS.get(path) ?? GROUPS.get(path))?.description ?? ''
  const words = /^.*?(?=[.;:,](?: |$))/.exec(description)?.[0] ?? description
  const start = /^[A-Z]{2}/.test(words) ? words : `${words.charAt(0).toLowerCase()}${words.slice(1)}`
  const example = SHORT_FORMS[path]?.example
  return `${flag.startsWith('--no-') ? 'do not ' : ''}${start}${example === undefined ? '' : `, such as ${example}`}`
}

function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

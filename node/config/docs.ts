import { FIELDS, type Field, GROUPS, inWords } from './fields.ts'
import { CONFIG_FLAGS } from './flags.ts'
import { OTHER_VARIABLES, variableOf } from './from-env.ts'
import { PROFILES } from './profile-names.ts'
import { PROFILE_VALUES } from './profiles.ts'

const HEAD = `# Configuration

<!-- Made by \`skein config docs\`. Change node/config/schema.ts, then make it again. -->

A node needs none: \`skein run\` starts with the defaults below. Values are put together from, weakest first:

1. the defaults;
2. the profile (\`--profile\`, \`SKEIN_PROFILE\` or \`profile:\` in a file);
3. \`/etc/skein/config.yaml\`, \`~/.config/skein/config.yaml\`, then each \`--config FILE\` (or \`SKEIN_CONFIG\`), merged in
   this order: groups key by key, lists as a whole;
4. environment variables, \`__\` between group and key;
5. flags, and \`--set path=value\` for every key that has no flag of its own.

\`skein config check\` lists everything that is wrong, with line and column. \`skein config explain PATH\` says where a
value comes from. \`skein config schema\` prints the JSON Schema that editors read. Relative paths are meant from the
file that they stand in, or from the working directory.
`

/** The reference of every key, as Markdown; kept as README.md beside the schema. */
export function configDocs(): string {
  const top = [...FIELDS.values()].filter(({ keys }) => keys.length === 1)
  const sections = [...GROUPS.values()].map(({ path, description }) => {
    const fields = [...FIELDS.values()].filter(({ keys }) => keys.slice(0, -1).join('.') === path)
    return `\n## \`${path}\`\n\n${description}\n\n${table(fields)}`
  })
  return [HEAD, '\n## Top level\n\n', table(top), ...sections, profiles(), flags(), variables()].join('')
}

function table(fields: readonly Field[]): string {
  const rows = fields.map(({ path, json, description, default: fallback }) => {
    const must = description.includes(inWords(json)) ? '' : ` *${cell(inWords(json))}*`
    return `| \`${path}\` | ${cell(description)}${must} | \`${cell(JSON.stringify(fallback))}\` | \`${variableOf(path)}\` |`
  })
  return `| key | what | default | variable |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function profiles(): string {
  const rows = PROFILES.map(
    name => `| \`${name}\` | ${leaves(PROFILE_VALUES[name]).join(', ') || 'the defaults'} |`,
  )
  return `\n## Profiles\n\n| profile | changes |\n|---|---|\n${rows.join('\n')}\n`
}

function leaves(value: object, above = ''): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? leaves(inner, `${above}${key}.`)
      : [`\`${above}${key}: ${cell(JSON.stringify(inner))}\``],
  )
}

function flags(): string {
  const rows = CONFIG_FLAGS.map(({ path, flag, list }) => {
    const more = list === true ? ', repeatable' : ''
    return `| \`${cell(flag)}\` | \`${path}\`${more} |`
  })
  return `\n## Flags\n\n| flag | key |\n|---|---|\n${rows.join('\n')}\n`
}

function variables(): string {
  const rows = Object.entries(OTHER_VARIABLES).map(([name, what]) => `| \`${name}\` | ${what} |`)
  return `\n## Other variables\n\n| variable | what |\n|---|---|\n${rows.join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

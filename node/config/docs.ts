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
    const must = description.includes(inWords(json)) ? '' : ` _${inWords(json)}_`
    return [code(path), `${description}${must}`, code(JSON.stringify(fallback)), code(variableOf(path))]
  })
  return markdownTable(['key', 'what', 'default', 'variable'], rows)
}

function profiles(): string {
  const rows = PROFILES.map(name => [code(name), leaves(PROFILE_VALUES[name]).join(', ') || 'the defaults'])
  return `\n## Profiles\n\n${markdownTable(['profile', 'changes'], rows)}`
}

function leaves(value: object, above = ''): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? leaves(inner, `${above}${key}.`)
      : [code(`${above}${key}: ${JSON.stringify(inner)}`)],
  )
}

function flags(): string {
  const rows = CONFIG_FLAGS.map(({ path, flag, list }) => [
    code(flag),
    `${code(path)}${list === true ? ', repeatable' : ''}`,
  ])
  return `\n## Flags\n\n${markdownTable(['flag', 'key'], rows)}`
}

function variables(): string {
  const rows = Object.entries(OTHER_VARIABLES).map(([name, what]) => [code(name), what])
  return `\n## Other variables\n\n${markdownTable(['variable', 'what'], rows)}`
}

const code = (text: string) => `\`${text}\``

/** Columns aligned, as the formatter of this repository has them. */
function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map(row => row.map(cell => cell.replaceAll('|', '\\|')))
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...cells.map(row => row[index]?.length ?? 0)),
  )
  const draw = (row: readonly string[]) =>
    `| ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |\n`
  return [titles, widths.map(width => '-'.repeat(width)), ...cells].map(draw).join('')
}

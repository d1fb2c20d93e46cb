import { Command } from 'commander'
import { ROLES } from '../../../src/policy/roles.ts'
import { type TableRow, tableRows } from '../../../src/policy/table.ts'
import { logLevelOption, type OutputOptions, outputOption, withExamples } from '../options.ts'
import { type Column, printRows } from '../output.ts'

export function command(): Command {
  const policy = new Command('policy').description('Who may do what in a swarm.')
  const table = new Command('table')
    .summary('print the table of roles and rights')
    .description('Prints who may do what, and where that is checked. What is not in it is denied.')
    .addOption(outputOption())
    .addOption(logLevelOption())
    .action(({ output }: OutputOptions) => printRows(tableRows(), COLUMNS, output))
  policy.addCommand(table)
  return withExamples(policy, [
    ['skein policy table', 'for people'],
    ['skein policy table -o json', 'for programs'],
  ])
}

const COLUMNS: readonly Column<TableRow>[] = [
  { title: 'PLACE', value: ({ place }) => place },
  { title: 'VERB', value: ({ verb }) => verb },
  ...ROLES.map(role => ({
    title: role.toUpperCase(),
    value: ({ roles }: TableRow) => (roles.includes(role) ? 'yes' : null),
  })),
]

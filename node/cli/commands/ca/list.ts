import { Command } from 'commander'
import type { Issued } from '../../../authority/authority.ts'
import { readAuthority } from '../../../authority/directory.ts'
import { newestOfEach, stateOf } from '../../../authority/standing.ts'
import { type OutputOptions, withExamples } from '../../options.ts'
import { type Column, printRows } from '../../output.ts'
import { minute, recordOf } from './facts.ts'
import { type PlaceOptions, withPlace } from './options.ts'

interface Flags extends PlaceOptions, OutputOptions {
  readonly all?: boolean
}

export function listCommand(): Command {
  const list = new Command('list')
    .summary('who was given what, and ends when')
    .description(
      'Lists the newest certificate of every agent, those that end soonest first. Expiring means that less than a third of its life is left.',
    )
    .option('--all', 'older certificates too')
    .action(listThem)
  return withExamples(withPlace(list), [
    ['skein ca list', 'whom to renew'],
    ['skein ca list -o ndjson | jq -r .agent', 'for programs'],
  ])
}

async function listThem({ dir, all, output }: Flags): Promise<void> {
  const nowMs = Date.now()
  const authority = await readAuthority(dir, () => nowMs)
  const rows = (all === true ? authority.issued : newestOfEach(authority))
    .toSorted((a, b) => a.certificate.notAfterMs - b.certificate.notAfterMs)
    .map(issued => ({ issued, state: stateOf(issued, authority, nowMs) }))
  if (output === 'table') printRows(rows, COLUMNS, output)
  else
    printRows(
      rows.map(({ issued, state }) => ({ ...recordOf(issued), state })),
      [],
      output,
    )
}

const COLUMNS: readonly Column<{ readonly issued: Issued; readonly state: string }>[] = [
  { title: 'NAME', value: ({ issued }) => issued.certificate.name },
  { title: 'SERIAL', value: ({ issued }) => issued.certificate.serial },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'ENDS', value: ({ issued }) => minute(issued.certificate.notAfterMs) },
  { title: 'ROLES', value: ({ issued }) => issued.certificate.roles.join(',') },
  { title: 'AGENT', value: ({ issued }) => issued.certificate.agent },
]

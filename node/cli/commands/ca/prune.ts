import { Command } from 'commander'
import { withAuthority } from '../../../authority/directory.ts'
import { type ApiOptions, type OutputOptions, withExamples } from '../../options.ts'
import { printRecord } from '../../output.ts'
import { listRecordOf, minute } from './facts.ts'
import { handOver, withNode } from './hand-over.ts'
import { type PlaceOptions, withPlace } from './options.ts'

interface Flags extends PlaceOptions, ApiOptions, OutputOptions {}

export function pruneCommand(): Command {
  const prune = new Command('prune')
    .summary('shorten the revocation list by what ended long ago')
    .description(
      "Signs a list without the agents whose certificates all ended 90 days ago or more, by this machine's clock: check it first, for who is left out too early is let in again. Nothing else shortens a list, until it is full.",
    )
    .action(pruneList)
  return withExamples(withPlace(withNode(prune)), [
    ['date && skein ca prune', 'once a year, or never'],
    ['skein ca prune --api 4780', 'and hand it over'],
  ])
}

async function pruneList(flags: Flags): Promise<void> {
  const nowMs = Date.now()
  const { list, dropped } = await withAuthority(
    flags.dir,
    { nowMs: () => nowMs, place: null },
    async ({ authority, saveRevocations }) => {
      const pruned = authority.prune()
      if (pruned !== null) await saveRevocations(pruned.bytes)
      return { list: authority.revocations, dropped: pruned?.dropped ?? [] }
    },
  )
  const agents = dropped.map(({ agent }) => agent)
  printRecord(
    { ...(list === null ? {} : listRecordOf(list)), dropped: agents },
    [
      ['clock', minute(nowMs)],
      ['dropped', agents.join(', ') || 'nobody: the list is as it was'],
      ...(list === null ? [] : ([['epoch', String(list.epoch)]] as const)),
      ['agents', `${list?.revocations.length ?? 0} put out`],
    ],
    flags.output,
  )
  if (list !== null && agents.length > 0) await handOver(list, flags.dir, flags)
}

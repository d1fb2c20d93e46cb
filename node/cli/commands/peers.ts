import { Command, Option } from 'commander'
import { PEER_STATES, type PeerView } from '../../interface.ts'
import {
  type ApiOptions,
  clientOf,
  type OutputOptions,
  outputOption,
  withApiOptions,
  withExamples,
} from '../options.ts'
import { type Column, duration, printRows } from '../output.ts'
import { look, type WatchOptions, watchOption } from '../watch.ts'

export function command(): Command {
  const peers = new Command('peers')
    .description('Peers of the node: state, path (direct or through a relay), round trip and clock.')
    .addOption(new Option('--state <state>', 'only these').choices(PEER_STATES))
    .addOption(outputOption())
    .addOption(watchOption())
    .action(show)
  return withExamples(withApiOptions(peers), [
    ['skein peers --watch', 'who comes and goes'],
    ['skein peers --state failed', 'who went silent without a goodbye'],
    ['skein peers --state refused', 'who is of another swarm, or has no room'],
    ['skein peers -o ndjson | jq -r .agent', 'for programs'],
  ])
}

const COLUMNS: readonly Column<PeerView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'AGENT', value: ({ agent }) => agent },
  { title: 'ROLE', value: ({ role }) => role },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'PATH', value: ({ path }) => path },
  { title: 'RTT ms', value: ({ rttMs }) => rounded(rttMs) },
  { title: 'CLOCK ms', value: ({ clockOffsetMs }) => rounded(clockOffsetMs) },
  { title: 'MESH', value: ({ mesh }) => (mesh ? 'yes' : 'no') },
  { title: 'SEEN', value: ({ lastSeenMs }) => (lastSeenMs === null ? null : `${duration(lastSeenMs)} ago`) },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'WHY', value: ({ why }) => why },
]

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10
}

async function show(options: ApiOptions & OutputOptions & WatchOptions & { state?: string }): Promise<void> {
  const client = clientOf(options)
  await look(options, async signal => {
    const peers = await client.peers({ signal })
    const wanted = peers.filter(({ state }) => options.state === undefined || state === options.state)
    printRows(wanted, COLUMNS, options.output)
  })
}

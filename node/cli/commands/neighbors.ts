import { Command, Option } from 'commander'
import type { NeighborView } from '../../interface.ts'
import { UsageError } from '../failure.ts'
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
  const neighbors = new Command('neighbors')
    .description(
      'Drones the node knows of, nearest first: a point while the report is fresh, else a volume that grows.',
    )
    .addOption(new Option('--within <metres>', 'only nearer ones').argParser(metres))
    .addOption(outputOption())
    .addOption(watchOption())
    .action(show)
  return withExamples(withApiOptions(neighbors), [
    ['skein neighbors --watch 1', 'every second'],
    ['skein neighbors --within 200', 'who is near'],
    ['skein neighbors -o json', 'for programs'],
  ])
}

function metres(text: string): number {
  const value = Number(text)
  if (text !== '' && value >= 0) return value
  throw new UsageError(`--within ${text}: must be metres, 0 or more`)
}

const COLUMNS: readonly Column<NeighborView>[] = [
  { title: 'NAME', value: ({ name, agent }) => name ?? agent },
  { title: 'DISTANCE m', value: ({ distanceM }) => (distanceM === null ? null : Math.round(distanceM)) },
  { title: 'AGE', value: ({ ageMs }) => duration(ageMs) },
  { title: 'BELIEF', value: ({ belief }) => belief },
  { title: '± m', value: ({ uncertaintyM }) => Math.ceil(uncertaintyM.horizontal) },
  { title: 'LAT', value: ({ latDeg }) => latDeg.toFixed(6) },
  { title: 'LNG', value: ({ lngDeg }) => lngDeg.toFixed(6) },
  { title: 'ALT m W84', value: ({ altitude }) => Math.round(altitude.valueM) },
  {
    title: 'm/s',
    value: ({ velocityMps: { north, east, up } }) => Number(Math.hypot(north, east, up).toFixed(1)),
  },
  { title: 'BATTERY %', value: ({ batteryPct }) => batteryPct },
  { title: 'STATUS', value: ({ status }) => status },
]

async function show(options: ApiOptions & OutputOptions & WatchOptions & { within?: number }): Promise<void> {
  const client = clientOf(options)
  const within = options.within ?? Number.POSITIVE_INFINITY
  await look(options, async signal => {
    const neighbors = await client.neighbors({ signal })
    const nearestFirst = neighbors
      .filter(
        ({ distanceM }) => within === Number.POSITIVE_INFINITY || (distanceM !== null && distanceM <= within),
      )
      .toSorted((a, b) => (a.distanceM ?? Number.MAX_VALUE) - (b.distanceM ?? Number.MAX_VALUE))
    printRows(nearestFirst, COLUMNS, options.output)
  })
}

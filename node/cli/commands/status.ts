import { Command } from 'commander'
import type { NodeStatus } from '../../interface.ts'
import { EXIT } from '../exit-codes.ts'
import {
  type ApiOptions,
  clientOf,
  type OutputOptions,
  outputOption,
  withApiOptions,
  withExamples,
} from '../options.ts'
import { bytes, duration, printRecord } from '../output.ts'
import { look, type WatchOptions, watchOption } from '../watch.ts'

export function command(): Command {
  const status = new Command('status')
    .description('Who the node is, how it is, and every health check. Ends with 1 when a check fails.')
    .addOption(outputOption())
    .addOption(watchOption())
    .action(show)
  return withExamples(withApiOptions(status), [
    ['skein status', 'the node on this machine'],
    ['skein status --api drone-7:4780 --watch', 'another one, again and again'],
    ['skein status -o json', 'for programs'],
  ])
}

async function show(options: ApiOptions & OutputOptions & WatchOptions): Promise<void> {
  const client = clientOf(options)
  await look(options, async signal => {
    const status = await client.status({ signal })
    printRecord(status, facts(status), options.output)
    process.exitCode = status.checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failure
  })
}

function facts(status: NodeStatus): readonly (readonly [string, string])[] {
  const { vehicle, peers, cells, log, clock } = status
  return [
    ['node', `${status.name}  ${status.role} of swarm ${status.swarm}  skein ${status.version}`],
    ['agent', status.agent],
    ['up', `${duration(status.uptimeS * 1000)}, start ${status.boot}`],
    ['listen', status.listen.join('  ') || '-'],
    ['api', status.api],
    [
      'data',
      `${status.dataDir}  log ${log.durableSeq}/${log.seq} events, ${bytes(log.sizeBytes)}, ${log.health}`,
    ],
    ['vehicle', `${vehicle.kind}  ${vehicle.phase}${position(vehicle)}`],
    ['peers', `${peers.connected} connected, ${peers.known} known`],
    ['cells', `${cells.own ?? 'none of its own'}, listens to ${cells.joined.length}`],
    [
      'world',
      status.worldModelAgeMs === null
        ? 'relies on nobody'
        : `oldest neighbour ${duration(status.worldModelAgeMs)}`,
    ],
    ['trust', trustFact(status.trust)],
    ['clock', clockFact(clock)],
    ...status.checks.map(({ name, ok, detail }) => [ok ? 'ok' : 'FAIL', `${name}: ${detail}`] as const),
  ]
}

function position({ fix, fixAgeMs }: NodeStatus['vehicle']): string {
  if (fix === null || fixAgeMs === null) return ''
  const altitude = `${(fix.altMm / 1000).toFixed(0)} m W84`
  return `  ${(fix.latE7 / 1e7).toFixed(5)} ${(fix.lonE7 / 1e7).toFixed(5)} ${altitude}, ${duration(fixAgeMs)} ago`
}

function trustFact({ mode, certificate, epoch, members }: NodeStatus['trust']): string {
  if (certificate === null) return `${mode} swarm: anyone who knows its name may join`
  const { serial, roles, standing, notAfter } = certificate
  return `${mode} swarm, certificate ${serial} (${roles.join(', ')}) ${standing} until ${notAfter}, ${members} members known, revocations ${epoch}`
}

function clockFact({ trusted, offsetMs, boundMs, steps }: NodeStatus['clock']): string {
  const offset = offsetMs === null ? 'offset unknown' : `offset ${offsetMs} ms`
  return `${trusted ? 'trusted' : 'NOT TRUSTED'}, ${offset}, bound ${boundMs} ms, ${steps} steps`
}

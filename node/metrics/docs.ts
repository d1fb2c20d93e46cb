import type { LabelSpace, MetricDefinition } from './define.ts'
import { metricGroups } from './definitions.ts'
import { INFO_HELP } from './info.ts'

const HEAD = `# Metrics

What \`GET /metrics\` shows, in Prometheus' text format. Made from the code (\`docs.ts\`); a test
says when it is stale, and how to make it anew.

Units are seconds, bytes and ratios (0 to 1). Labels are closed lists, and none names a peer, a cell or an event: the
number of series does not grow with the swarm. Every series is there from the start, at 0. NaN = not known (yet).
\`metrics.profile\` chooses how much: **minimal** for a radio link (at most 60 series), **standard**, **debug**; each
includes the ones before it.
`

const TAIL = `## Of the process and the libraries

standard adds prom-client's \`process_*\` and \`nodejs_*\`. debug adds \`libp2p_*\`, whose names and units are
js-libp2p's own.
`

/** The text of node/metrics/README.md. */
export function metricsDocs(): string {
  const groups = Object.entries(metricGroups).map(([title, metrics]) =>
    [`## ${title}`, '', ...table(Object.entries<MetricDefinition>(metrics)), ''].join('\n'),
  )
  const info = ['## Identity', '', ...table(infoRows()), ''].join('\n')
  return [HEAD, info, ...groups, TAIL].join('\n')
}

function infoRows(): [string, MetricDefinition][] {
  return Object.entries(INFO_HELP).map(([name, help]) => [
    name,
    { type: 'gauge', help: `${help} Always 1: the facts are in its labels.`, labels: {}, profile: 'minimal' },
  ])
}

function table(metrics: readonly (readonly [string, MetricDefinition])[]): string[] {
  const rows = metrics.map(([name, { type, labels, profile, help }]) => [
    `\`${name}\``,
    type,
    labelText(labels),
    profile,
    help,
  ])
  return aligned([['metric', 'type', 'labels', 'from profile', ''], ...rows])
}

/** As the formatter of this repository lays tables out: columns as wide as their widest cell. */
function aligned([head = [], ...rows]: readonly string[][]): string[] {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)]
}

const labelText = (labels: LabelSpace): string =>
  Object.entries(labels)
    .map(([label, values]) => `\`${label}\`: ${values.join(', ')}`)
    .join('; ')

/** One line of a metric. */
interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const HELP = new RegExp(`^# HELP (${NAME}) (.*)$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`)
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?)$`)
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/

/**
 * A strict reader of Prometheus' text format 0.0.4: HELP, then TYPE, then the samples of that family and no other;
 * no series twice; histograms with rising buckets, `+Inf` equal to the count, and a sum. Throws at the first fault.
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current: [string, Family] | undefined
  let help: RegExpExecArray | null = null
  for (const line of text.split('\n').filter(line => line !== '')) {
    const type = TYPE.exec(line)
    if (line.startsWith('# HELP ')) help = HELP.exec(line)
    else if (type !== null) {
      const [, name = '', kind = ''] = type
      if (help?.[1] !== name) throw new Error(`${name} has no HELP before its TYPE`)
      if (families.has(name)) throw new Error(`${name} comes twice`)
      current = [name, { type: kind, help: help[2] ?? '', samples: [] }]
      families.set(...current)
    } else {
      const sample = parseSample(line)
      if (current === undefined || !belongs(sample.name, ...current)) throw new Error(`out of place: ${line}`)
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      if (seen.has(series)) throw new Error(`the same series twice: ${line}`)
      seen.add(series)
      current[1].samples.push(sample)
    }
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family)
  return families
}

function parseSample(line: string): Sample {
  const match = SAMPLE.exec(line)
  if (match === null) throw new Error(`not a sample: ${line}`)
  const labels: Record<string, string> = {}
  for (let rest = match[2] ?? ''; rest !== ''; ) {
    const label = LABEL.exec(rest)
    if (label === null) throw new Error(`bad labels: ${line}`)
    labels[label[1] ?? ''] = label[2] ?? ''
    rest = rest.slice(label[0].length)
  }
  return { name: match[1] ?? '', labels, value: Number(match[3]?.replace('Inf', 'Infinity')) }
}

const belongs = (sample: string, family: string, { type }: Family): boolean =>
  type === 'histogram'
    ? [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(sample)
    : sample === family

function checkHistogram(name: string, { samples }: Family): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest))
  for (const group of groups.values()) {
    const buckets = group.filter(sample => sample.name === `${name}_bucket`)
    const edges = buckets.map(({ labels }) => Number(labels.le?.replace('Inf', 'Infinity')))
    const rising = (values: number[]) => values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0))
    if (!rising(edges) || !rising(buckets.map(({ value }) => value))) throw new Error(`${name}: buckets fall`)
    const count = group.find(sample => sample.name === `${name}_count`)
    if (edges.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== count?.value)
      throw new Error(`${name}: +Inf is not the count`)
    if (!group.some(sample => sample.name === `${name}_sum`)) throw new Error(`${name}: no sum`)
  }
}

/** How many series there are. */
export const seriesCount = (families: ReadonlyMap<string, Family>): number =>
  [...families.values()].reduce((count, { samples }) => count + samples.length, 0)

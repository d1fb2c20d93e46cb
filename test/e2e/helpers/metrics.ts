import type { SkeinClient } from '../../../node/client/client.ts'

/** Sum of all series of a metric whose labels include these: `gossip_total`, or `gossip_total{result="accept"}`. */
function metricIn(text: string, series: string): number {
  const [name = '', labels = ''] = series.replace('}', '').split('{')
  const wanted = labels === '' ? [] : labels.split(',')
  let sum = 0
  for (const line of text.split('\n')) {
    const [head = '', value] = line.split(' ')
    if (head !== name && !head.startsWith(`${name}{`)) continue
    if (wanted.every(label => head.includes(label))) sum += Number(value)
  }
  return sum
}

/** One metric of a node now. */
export async function metricOf(client: SkeinClient, series: string): Promise<number> {
  return metricIn(await client.metrics(), series)
}

/** Penalties that a node has given its peers; an honest swarm gives none, whatever happens to it. */
export async function penaltiesOf(client: SkeinClient): Promise<number> {
  const text = await client.metrics()
  return metricIn(text, 'skein_peer_budget_exceeded_total') + metricIn(text, 'skein_peer_faults_total')
}

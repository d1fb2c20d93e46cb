import { request } from 'node:http'
import type { Api, ApiOptions } from '../../../node/api/interface.ts'
import type { ProblemDocument } from '../../../node/api/schema/problem.ts'
import { startApi } from '../../../node/api/server.ts'
import { createMetrics, type Metrics } from '../../../node/metrics/metrics.ts'
import { quietSource } from '../metrics/quiet-source.ts'
import { MemoryNode } from './memory-node.ts'

export interface Served extends AsyncDisposable {
  readonly node: MemoryNode
  readonly api: Api
  readonly metrics: Metrics
  readonly logged: string[]
}

/** A memory node behind a real API on a free loopback port; closed at the end of the block that holds it. */
export async function serve(options: Partial<ApiOptions> = {}, node = new MemoryNode()): Promise<Served> {
  const metrics = testMetrics()
  const logged: string[] = []
  const line = (_: unknown, message: string) => void logged.push(message)
  const log = { debug: line, warn: line, error: line } as ApiOptions['log']
  const close = async (api?: Api) => {
    metrics.stop()
    await api?.close()
  }
  try {
    const api = await startApi(node, { port: 0, log, metrics, ...options })
    return { node, api, metrics, logged, [Symbol.asyncDispose]: () => close(api) }
  } catch (error) {
    await close()
    throw error
  }
}

const testMetrics = (): Metrics =>
  createMetrics({
    profile: 'standard',
    source: quietSource(),
    info: { version: '0.1.0', nodeName: 'drone-1', role: 'drone', swarm: 'test' },
  })

/** One value of the node's own metrics, e.g. `skein_stream_clients{stream="map"}`. */
export async function metricValue(metrics: Metrics, series: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find(text => text.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1))
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

/** A request with nothing added: fetch would not let us set Host. */
export function raw(
  api: Pick<Api, 'port' | 'url'>,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<RawAnswer> {
  const { method = 'GET', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...placeOf(api), path, method, headers, agent: false }, incoming => {
      let text = ''
      incoming.setEncoding('utf8')
      incoming.on('data', chunk => {
        text += chunk
      })
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }))
      incoming.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const placeOf = ({ port, url }: Pick<Api, 'port' | 'url'>) =>
  url.startsWith('unix:') ? { socketPath: url.slice('unix:'.length) } : { host: '127.0.0.1', port }

/** The problem document of an answer that must be one, with the parts that tests name. */
export function problem(answer: RawAnswer): ProblemDocument {
  if (answer.headers['content-type'] !== 'application/problem+json')
    throw new Error(`not a problem document: ${answer.status} ${answer.text}`)
  return JSON.parse(answer.text) as ProblemDocument
}

export const json = (value: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 5))
}

import { request } from 'node:http'
import { connect } from 'node:net'
import type { Metrics } from '../../../node/metrics/metrics.ts'
import { raw, serve } from '../../node/api/harness.ts'
import type { MemoryNode } from '../../node/api/memory-node.ts'
import { type Boundary, FaultError, type Outcome, type Target } from '../engine/target.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const REPORT = {
  latDeg: 47.37,
  lngDeg: 8.54,
  altitude: { value: 500.5, reference: 'W84', units: 'M' },
  velocityMps: { north: 1, east: -2, up: 0.5 },
  headingDeg: 12.5,
  heightM: 50,
  accuracyM: { horizontal: 1, vertical: 2 },
  status: 'Airborne',
  batteryPct: 80,
}
const HANG_UP_MS = 2_000

/** The head and body of what a server says on one connection, given these bytes and nothing more. */
async function exchange(port: number, request: Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  return await new Promise(resolve => {
    // A stream of events goes on until its reader leaves.
    const timer = setTimeout(() => socket.destroy(), HANG_UP_MS)
    socket.setEncoding('latin1').on('data', chunk => {
      text += chunk
      if (text.includes('text/event-stream')) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(text)
    })
    socket.end(request)
  })
}

/** Every status in what a server said. */
const statuses = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** Where the vehicle is, and the log without the line that a refused call itself is worth. */
const stateOf = ({ fixes, events }: MemoryNode): string =>
  `${fixes.length} ${events.filter(({ event }) => event.type !== 'api.called').length}`

/** Answers of 400 to 499 so far, on all routes. */
async function refusals(metrics: Metrics): Promise<number> {
  const lines = (await metrics.text()).split('\n')
  const refused = lines.filter(
    line => line.startsWith('skein_http_requests_total{') && line.includes('"4xx"'),
  )
  return refused.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

/** A node behind its API that looks after each input whether it is as it was. */
async function servedNode(
  corpus: readonly Uint8Array[],
  send: (port: number, input: Uint8Array) => Promise<readonly number[]>,
): Promise<Boundary> {
  const served = await serve()
  for (const type of ['node.started', 'peer.joined', 'peer.left']) served.node.append(type)
  let refused = 0
  return {
    corpus,
    take: async input => {
      const before = stateOf(served.node)
      const found = await send(served.api.port, input)
      if (found.some(status => status >= 500)) throw new FaultError(`it answers ${found}`)
      const isRefused = found.length > 0 && found.every(status => status >= 400)
      if (isRefused && before !== stateOf(served.node))
        throw new FaultError('a refused request changed something')
      if (served.logged.includes('a request failed')) throw new FaultError('a handler failed')
      const outcome: Outcome = found.some(status => status < 400) ? 'taken' : 'refused'
      if (outcome === 'refused') refused++
      return outcome
    },
    check: async () => {
      const { status } = await raw(served.api, '/readyz')
      if (status !== 200) throw new FaultError(`not ready any more: ${status}`)
      if (refused > 0 && (await refusals(served.metrics)) === 0) throw new FaultError('no counter rose')
    },
    close: async () => served[Symbol.asyncDispose](),
  }
}

const COMMAND = {
  target: '12D3KooWQy7oQYgB8JgQhN5nKq8fPXM4Fv1BfV4N2o1rjJ9zXwBb',
  verb: 'goto',
  point: { latDeg: 47.37, lngDeg: 8.54, altitude: { value: 500, reference: 'W84', units: 'M' } },
  ttlMs: 5_000,
  nonce: 'ab'.repeat(16),
}

const posted = (name: string, path: string, what: string, values: readonly unknown[]): Target => ({
  name,
  form: 'text',
  unchanged: `${what} that is refused is a 4xx with a problem document, and the vehicle is where it was`,
  open: () =>
    servedNode(
      values.map(value => bytesOf(JSON.stringify(value))),
      async (port, body) => {
        const headers = { 'content-type': 'application/json' }
        const answer = await raw({ port, url: 'http://' }, path, { method: 'POST', headers, body })
        if (answer.status >= 400 && answer.headers['content-type'] !== 'application/problem+json')
          throw new FaultError(`no problem document: ${answer.text}`)
        return [answer.status]
      },
    ),
})

const bodies: readonly Target[] = [
  posted('api-position', '/api/v1/position', 'a report', [REPORT, { ...REPORT, heightM: null }]),
  posted('api-commands', '/api/v1/commands', 'a command', [COMMAND, { target: 'ibex', verb: 'land' }]),
]

const body = JSON.stringify(REPORT)
const REQUESTS = [
  'GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n',
  'GET /api/v1/log?from=1&limit=2 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
  'GET /readyz HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: "a"\r\nAccept-Encoding: br, gzip\r\nConnection: close\r\n\r\n',
  `POST /api/v1/position HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
].map(bytesOf)

const requests: Target = {
  name: 'api-requests',
  form: 'text',
  unchanged: 'a request that is refused is a 4xx or a closed connection, and the node is as it was',
  open: () => servedNode(REQUESTS, async (port, input) => statuses(await exchange(port, input))),
}

/** Path and query as a client would send any text: what is no part of one is written as %XX. */
const pathOf = (bytes: Uint8Array): string =>
  [...bytes]
    .map(byte =>
      byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('')

/** The status of a GET, whose answer is not waited for: a stream of events has no end. */
const statusOf = (port: number, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path: `/${path.replace(/^\/+/, '')}`, agent: false },
      answer => {
        resolve(answer.statusCode ?? 0)
        answer.destroy()
      },
    )
    asked.on('error', reject)
    asked.end()
  })

const queries: Target = {
  name: 'api-queries',
  form: 'text',
  unchanged: 'any path and query has an answer below 500',
  open: () =>
    servedNode(
      [
        '/api/v1/events?types=peer.*,node.started&since=1',
        '/api/v1/log?from=1&limit=2',
        '/api/v1/log/signed?from=2',
        '/api/v1/map/stream?hz=5',
        '/readyz?verbose',
      ].map(bytesOf),
      async (port, input) => [await statusOf(port, pathOf(input))],
    ),
}

const TOKEN = 'skein_'.padEnd(49, 'x')
const AUTHORIZED = [`Bearer ${TOKEN}`, `bearer ${TOKEN}`].map(bytesOf)

const authorization: Target = {
  name: 'api-authorization',
  form: 'text',
  unchanged: 'nobody is let in but with the very token',
  open: async () => {
    const served = await serve({ token: TOKEN })
    return {
      corpus: AUTHORIZED,
      take: async input => {
        const text = Buffer.from(input).toString('latin1')
        // What Node's own client refuses to send never reaches the node.
        const header = [...text].filter(character => character >= ' ' && character !== '\x7f').join('')
        const { status } = await raw(served.api, '/api/v1/status', { headers: { authorization: header } })
        const isRight = /^bearer +/i.test(header) && header.replace(/^bearer +/i, '').trim() === TOKEN
        if (status === 200 && !isRight) throw new FaultError('let in without the token')
        if (status >= 500) throw new FaultError(`it answers ${status}`)
        return status === 200 ? 'taken' : 'refused'
      },
      close: async () => served[Symbol.asyncDispose](),
    }
  },
}

export const API: readonly Target[] = [...bodies, requests, queries, authorization]

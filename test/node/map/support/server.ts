import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MAP_HEADERS, mapAssets } from '../../../../node/map/bundle.ts'
import { encodeMapFrame } from '../../../../protocols/map/frame.ts'
import { agentOf, nameOf, syntheticFrame } from './swarm.ts'

export interface MapServer {
  readonly url: string
  /** Every path asked for so far. */
  readonly asked: readonly string[]
  /** Breaks every stream, as a node that dies does. */
  dropConnections(): void
  close(): Promise<void>
}

const CROSSING = 1

/** A real HTTP server that is to the page what a node is: assets, status, frames, events; no node behind it. */
export async function startMapServer(options: {
  readonly drones: number
  /** GeoJSON for the base map, in place of the empty one. */
  readonly base?: string
}): Promise<MapServer> {
  const assets = await mapAssets()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    asked.push(url.pathname + url.search)
    const asset = assets.get(url.pathname)
    if (url.pathname === '/map/base.geojson' && options.base !== undefined) {
      response.writeHead(200, { 'content-type': 'application/geo+json' }).end(options.base)
    } else if (asset !== undefined) {
      const { body, contentType, etag, cacheControl } = asset
      response.writeHead(200, {
        'content-type': contentType,
        etag,
        'cache-control': cacheControl,
        ...MAP_HEADERS,
      })
      response.end(body)
    } else if (url.pathname === '/api/v1/status') answer(response, statusOf())
    else if (url.pathname === '/api/v1/map/stream') streamFrames(options.drones, url, request, response)
    else if (url.pathname === '/api/v1/events') streamEvents(options.drones, request, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    dropConnections: () => server.closeAllConnections(),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** `as=` the fifth agent is the node on the other side of a partition. */
function streamFrames(drones: number, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const as = url.searchParams.get('as')
  const self = as === null ? CROSSING : indexOf(as, drones)
  const view = self === 5 ? 'partitioned' : 'whole'
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' })
  const send = () => {
    const frame = syntheticFrame({ drones, atMs: Date.now(), self, view })
    if (response.writableLength < 1e6) response.write(encodeMapFrame(frame))
  }
  send()
  const timer = setInterval(send, 1000 / Number(url.searchParams.get('hz') ?? 5))
  request.on('close', () => clearInterval(timer))
}

function indexOf(agent: string, drones: number): number {
  for (let i = 0; i <= drones; i++) if (agentOf(i) === agent) return i
  return CROSSING
}

const TYPES = [
  'peer.joined',
  'vehicle.took-off',
  'flight.position',
  'peer.lost',
  'node.checked',
  'peer.joined',
] as const

function streamEvents(drones: number, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let seq = 0
  const send = (atMs: number) => {
    seq++
    const subject = agentOf(1 + (seq % drones))
    const event = {
      v: 1,
      author: agentOf(CROSSING),
      boot: 1,
      seq,
      hlc: atMs * 1024,
      time: new Date(atMs).toISOString(),
      type: TYPES[(seq * 7) % TYPES.length],
      subject,
      data: {},
    }
    response.write(`id: ${seq}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  for (let i = 120; i > 0; i--) send(Date.now() - i * 2000 - ((i * 7919) % 1500))
  const timer = setInterval(() => send(Date.now()), 700)
  request.on('close', () => clearInterval(timer))
}

function statusOf() {
  return {
    agent: agentOf(CROSSING),
    name: nameOf(CROSSING),
    role: 'drone',
    swarm: 'zurich-test',
    version: '0.1.0',
    log: { seq: 500, durableSeq: 500, health: 'whole', sizeBytes: 1 },
    checks: [{ name: 'storage', ok: true, detail: '' }],
  }
}

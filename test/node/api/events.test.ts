import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Api } from '../../../node/api/interface.ts'
import { lines } from '../../../node/client/lines.ts'
import { serverSentEvents } from '../../../node/client/sse.ts'
import { metricValue, problem, raw, serve, until } from './harness.ts'

/** A reader of the event stream that keeps what it got. */
async function read(api: Api, query = '', headers: Record<string, string> = {}) {
  const abort = new AbortController()
  const response = await fetch(`${api.url}/api/v1/events${query}`, { headers, signal: abort.signal })
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const seqs: number[] = []
  const named: string[] = []
  let last = ''
  const done = (async () => {
    if (response.body === null) return
    for await (const { id, event, data } of serverSentEvents(lines(response.body), id => {
      last = id
    })) {
      if (event !== 'message') named.push(`${event} ${data}`)
      else {
        assert.equal(id, String(JSON.parse(data).seq))
        seqs.push(JSON.parse(data).seq)
      }
    }
  })().catch(() => {})
  const leave = async () => {
    abort.abort()
    await done
  }
  return { seqs, named, last: () => last, done, leave, [Symbol.asyncDispose]: leave }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('HTTP API: events', () => {
  it('starts with what happens next, and tells at once where the log stands', async () => {
    await using served = await serve()
    for (let i = 1; i <= 5; i++) served.node.append('tick')
    await using reader = await read(served.api)
    await until(() => reader.last() === '5')
    served.node.append('tick')
    await until(() => reader.seqs.length === 1)
    assert.deepEqual(reader.seqs, [6])
  })

  it('resumes after the last event seen, by header or by address; the header is newer', async () => {
    await using served = await serve()
    for (let i = 1; i <= 9; i++) served.node.append('tick')
    await using bySince = await read(served.api, '?since=6')
    await using byHeader = await read(served.api, '?since=2', { 'last-event-id': '7' })
    await using fromStart = await read(served.api, '?since=0')
    await until(() => fromStart.seqs.length === 9)
    assert.deepEqual([bySince.seqs, byHeader.seqs], [range(7, 9), range(8, 9)])
  })

  it('loses and repeats nothing while events come in as it reads the log', async () => {
    await using served = await serve({ limits: { eventQueueMax: 10_000 } })
    for (let i = 1; i <= 200; i++) served.node.append('tick')
    const readers = await Promise.all(range(0, 9).map(n => read(served.api, `?since=${n * 20}`)))
    for (let burst = 0; burst < 60; burst++) {
      for (let i = 0; i < burst % 7; i++) served.node.append('tick')
      await new Promise(resolve => setTimeout(resolve, burst % 3))
    }
    const { length } = served.node.events
    await until(() => readers.every(reader => reader.seqs.at(-1) === length))
    for (const [n, reader] of readers.entries()) assert.deepEqual(reader.seqs, range(n * 20 + 1, length))
    await Promise.all(readers.map(reader => reader.leave()))
    await until(() => served.node.listeners === 0)
  })

  it('loses and repeats nothing over connections that break again and again', async () => {
    await using served = await serve()
    const seen: number[] = []
    let last = '0'
    for (let round = 0; round < 20; round++) {
      await using reader = await read(served.api, '', { 'last-event-id': last })
      for (let i = 0; i < 5; i++) served.node.append('tick')
      await until(() => reader.seqs.length > round % 5)
      await reader.leave()
      seen.push(...reader.seqs)
      last = String(seen.at(-1) ?? 0)
    }
    assert.deepEqual(seen, range(1, seen.length))
  })

  it('filters by type, and moves the resume point over what it left out', async () => {
    await using served = await serve({ limits: { heartbeatMs: 20 } })
    await using exact = await read(served.api, '?types=peer.joined')
    await using prefix = await read(served.api, '?types=peer.*,vehicle')
    await using none = await read(served.api, '?types=job')
    for (const type of [
      'peer.joined',
      'peerless',
      'peer.left',
      'node.started',
      'vehicle.took-off',
      'peer.joined',
    ])
      served.node.append(type)
    await until(() => prefix.seqs.length === 4 && none.last() === '6')
    assert.deepEqual([exact.seqs, prefix.seqs, none.seqs], [[1, 6], [1, 3, 5, 6], []])
  })

  it('shows that it lives while nothing happens', async () => {
    await using served = await serve({ limits: { heartbeatMs: 10 } })
    const abort = new AbortController()
    const response = await fetch(`${served.api.url}/api/v1/events`, { signal: abort.signal })
    const reader = response.body?.getReader()
    let text = ''
    while (text.split(': alive').length < 4) text += new TextDecoder().decode((await reader?.read())?.value)
    assert.match(text, /^retry: 2000\n\n: alive\nid: 0\n\n: alive\nid: 0\n\n/)
    abort.abort()
  })

  it('tells of events that are no longer kept', async () => {
    await using served = await serve()
    for (let i = 1; i <= 9; i++) served.node.append('tick')
    served.node.firstKept = 6
    await using reader = await read(served.api, '?since=2')
    await until(() => reader.seqs.length === 4)
    assert.deepEqual(reader.named, ['gap {"from":3,"to":5}'])
    assert.deepEqual(reader.seqs, range(6, 9))
  })

  it('goes back to the log when it is told of events out of turn', async () => {
    await using served = await serve()
    await using reader = await read(served.api)
    await until(() => served.node.listeners === 1)
    served.node.append('tick')
    await until(() => reader.seqs.length === 1)
    // Durable, but nobody was told of it: the next one is then out of turn.
    const [first = assert.fail()] = served.node.events
    served.node.events.push({ ...first, event: { ...first.event, seq: 2 } })
    served.node.append('tick')
    await until(() => reader.seqs.length === 3)
    assert.deepEqual(reader.seqs, [1, 2, 3])
  })

  it('refuses to resume a log that is not the one it was', async () => {
    await using served = await serve()
    served.node.append('tick')
    const ahead = problem(await raw(served.api, '/api/v1/events?since=7'))
    assert.deepEqual([ahead.status, ahead.code], [409, 'ahead-of-log'])
    assert.match(ahead.detail, /resume after event 7, but the log of this node ends at 1/)
    const garbage = problem(await raw(served.api, '/api/v1/events', { headers: { 'last-event-id': 'x' } }))
    assert.deepEqual([garbage.status, garbage.code], [400, 'invalid-last-event-id'])
    assert.equal((await raw(served.api, '/api/v1/events?since=-1')).status, 400)
  })

  it('drops a reader that does not read, and counts it; the node keeps nothing for it', async () => {
    await using served = await serve({ limits: { eventQueueMax: 50 } })
    const outgoing = request({ port: served.api.port, path: '/api/v1/events', agent: false }).end()
    const [incoming]: IncomingMessage[] = (await once(outgoing, 'response')) as IncomingMessage[]
    incoming?.on('error', () => {})
    await until(() => served.node.listeners === 1)
    const filler = 'x'.repeat(60_000)
    await until(async () => {
      for (let i = 0; i < 40; i++) served.node.append('tick', { filler })
      await new Promise(resolve => setImmediate(resolve))
      return served.node.listeners === 0
    })
    const dropped = 'skein_stream_readers_dropped_total{stream="events"}'
    assert.equal(await metricValue(served.metrics, dropped), 1)
    assert.equal(await metricValue(served.metrics, 'skein_stream_clients{stream="events"}'), 0)
    assert.ok(served.logged.includes('stream reader dropped'))
    await new Promise(resolve => incoming?.resume().once('close', resolve))
    assert.equal(incoming?.complete, false)
  })

  it('closes a connection on which nothing moves', async () => {
    await using served = await serve({ limits: { idleMs: 150, heartbeatMs: 1_000_000 } })
    await using reader = await read(served.api)
    await reader.done
    await until(() => served.node.listeners === 0)
  })

  it('serves only so many readers', async () => {
    await using served = await serve({ limits: { eventClientsMax: 1 } })
    await using _first = await read(served.api)
    const refused = await raw(served.api, '/api/v1/events')
    assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '10'])
    assert.equal(problem(refused).code, 'too-many-readers')
  })
})

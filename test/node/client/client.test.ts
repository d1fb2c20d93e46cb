import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createClient, type EventRecord, type PositionReport } from '../../../node/client/client.ts'
import { serve, until } from '../api/harness.ts'
import { OTHER, SELF } from '../api/memory-node.ts'

const REPORT: PositionReport = {
  latDeg: 47.3769,
  lngDeg: 8.5417,
  altitude: { value: 520.5, reference: 'W84', units: 'M' },
  velocityMps: { north: 3.25, east: -1.5, up: 0.5 },
}
const TOKEN = 'c0ffee'.repeat(6)

async function take(events: AsyncIterable<EventRecord>, count: number): Promise<number[]> {
  const seqs: number[] = []
  for await (const { seq } of events) if (seqs.push(seq) === count) break
  return seqs
}

describe('client', () => {
  it('asks a node for everything there is', async () => {
    await using served = await serve({ token: TOKEN })
    const client = createClient({ url: `${served.api.url}/`, token: TOKEN })
    assert.equal((await client.status()).agent, SELF)
    assert.equal((await client.peers())[0]?.agent, OTHER)
    assert.equal((await client.neighbors())[0]?.belief, 'point')
    assert.equal(await client.metrics(), 'skein_ready 1\n')
    assert.deepEqual(await client.readiness(), {
      ready: true,
      text: 'ok   storage: writes take 2 ms\nready\n',
    })
    await client.postPosition(REPORT)
    assert.equal(served.node.fixes[0]?.altMm, 520_500)
    // The first event is the record of that call.
    for (let i = 0; i < 4; i++) served.node.append('tick')
    assert.deepEqual(await take(client.log({ from: 2, limit: 3 }), 9), [2, 3, 4])
    const signed: string[] = []
    for await (const line of client.signedLog({ from: 4 })) signed.push(line)
    assert.deepEqual(
      signed.map(line => JSON.parse(line).kind),
      ['event', 'event', 'batch'],
    )
  })

  it('tells of a node that is not ready without failing', async () => {
    await using served = await serve()
    served.node.checks = [{ name: 'clock', ok: false, detail: 'off by 4 s' }]
    const { ready, text } = await createClient(served.api).readiness()
    assert.deepEqual([ready, text], [false, 'FAIL clock: off by 4 s\nnot ready\n'])
  })

  it('passes on what the node objects to, word for word', async () => {
    await using served = await serve({ token: TOKEN })
    await assert.rejects(createClient({ url: served.api.url }).status(), {
      name: 'ProblemError',
      code: 'token-missing',
      status: 401,
      message:
        "This node wants a token. Send the header 'Authorization: Bearer TOKEN' (with skein: --token-file FILE). `skein token create` on the machine of the node makes a token.",
    })
    const client = createClient({ url: served.api.url, token: TOKEN })
    await assert.rejects(client.postPosition({ ...REPORT, latDeg: 0, lngDeg: 0 }), {
      code: 'fix-null-island',
      status: 422,
    })
    await assert.rejects(take(client.log({ from: 0 }), 1), { code: 'invalid-query' })
    await assert.rejects(take(client.events({ since: 99 }), 1), { code: 'ahead-of-log' })
  })

  it('says when nobody is there, or somebody else', async () => {
    const gone = await serve()
    const { url } = gone.api
    await gone[Symbol.asyncDispose]()
    await assert.rejects(createClient({ url }).status(), {
      code: 'unreachable',
      message: new RegExp(`^No answer from ${url}: .*ECONNREFUSED.* "skein run" starts one.$`),
    })
    const other = createServer((_, answer) => answer.writeHead(418).end('teapot')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      await assert.rejects(createClient({ url: `http://127.0.0.1:${port}` }).status(), {
        message: /what answers there is no node \(HTTP 418\)/,
      })
    } finally {
      other.close()
    }
  })

  it('says when what comes is no JSON, also midway', async () => {
    const other = createServer((_, answer) => answer.end('data: {"seq":\n\n')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const client = createClient({ url: `http://127.0.0.1:${port}` })
    const unreadable = { code: 'unreachable', message: /JSON/ }
    try {
      await assert.rejects(client.status(), unreadable)
      await assert.rejects(take(client.log(), 1), unreadable)
      await assert.rejects(take(client.events({ reconnect: false }), 1), unreadable)
    } finally {
      other.close()
    }
  })

  it('does not wait for ever, and not at all once its caller gave up', async () => {
    await using served = await serve()
    served.node.metrics = () => new Promise(() => {})
    await assert.rejects(createClient({ url: served.api.url, timeoutMs: 50 }).metrics(), {
      code: 'unreachable',
      message: /nothing came within 50 ms/,
    })
    const abort = new AbortController()
    const asked = createClient(served.api).metrics({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await assert.rejects(asked, { message: 'enough' })
  })

  it('fails when the log breaks off midway', async () => {
    await using served = await serve()
    served.node.append('tick')
    served.node.readLog = async function* () {
      yield served.node.events[0] ?? assert.fail()
      await new Promise(resolve => setTimeout(resolve, 20))
      throw new Error('bad block')
    }
    const broken = { code: 'unreachable', message: /broke off/ }
    await assert.rejects(take(createClient(served.api).log(), 9), broken)
    served.node.exportLog = async function* () {
      yield `{"filler":"${'x'.repeat(20_000)}"}\n`
      await new Promise(resolve => setTimeout(resolve, 20))
      throw new Error('bad block')
    }
    await assert.rejects(async () => {
      for await (const _ of createClient(served.api).signedLog()) assert.ok(true)
    }, broken)
  })

  it('follows events over a restart of the node, without gap or duplicate', async () => {
    const first = await serve()
    const abort = new AbortController()
    const seqs: number[] = []
    let retries = 0
    const following = (async () => {
      const onRetry = () => {
        retries += 1
      }
      for await (const { seq } of createClient(first.api).events({ signal: abort.signal, onRetry }))
        seqs.push(seq)
    })()
    await until(() => first.node.listeners === 1)
    for (let i = 0; i < 3; i++) first.node.append('tick')
    await until(() => seqs.length === 3)
    await first[Symbol.asyncDispose]()
    for (let i = 0; i < 3; i++) first.node.append('tick')
    await until(() => retries > 0)
    await using _second = await serve({ port: first.api.port, strictPort: true }, first.node)
    await until(() => seqs.length === 6)
    first.node.append('tick')
    await until(() => seqs.length === 7)
    abort.abort()
    await following
    assert.deepEqual(seqs, [1, 2, 3, 4, 5, 6, 7])
  })

  it('follows only the types it is asked for, tells of gaps, and ends when its caller leaves', async () => {
    await using served = await serve()
    for (let i = 0; i < 4; i++) served.node.append('tick')
    served.node.append('peer.joined')
    served.node.firstKept = 3
    const gaps: unknown[] = []
    const events = createClient(served.api).events({
      since: 0,
      types: ['peer.*'],
      onGap: gap => gaps.push(gap),
    })
    assert.deepEqual(await take(events, 1), [5])
    assert.deepEqual(gaps, [{ from: 1, to: 2 }])
    await until(() => served.node.listeners === 0)
  })
})

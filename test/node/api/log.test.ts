import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { eventLine } from '../../../src/eventlog/export.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { metricValue, problem, raw, serve, until } from './harness.ts'
import { SELF } from './memory-node.ts'

describe('HTTP API: log', () => {
  it('gives the events as lines of JSON, with nothing of them lost', async () => {
    await using served = await serve()
    served.node.append('node.started')
    served.node.append('key.rotated', { key: new Uint8Array([255, 0]), deep: [{ n: 1.5, none: null }] })
    const answer = await raw(served.api, '/api/v1/log')
    assert.equal(answer.headers['content-type'], 'application/x-ndjson')
    const [first, second] = answer.text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(second, {
      v: 1,
      author: SELF,
      boot: 1,
      seq: 2,
      prevHash: first.hash,
      hlc: hlcOfMs(1_790_000_000_002),
      time: '2026-09-21T14:13:20.002Z',
      type: 'key.rotated',
      subject: '',
      data: { key: { $bytes: '/wA=' }, deep: [{ n: 1.5, none: null }] },
      hash: second.hash,
    })
    assert.match(second.hash, /^[0-9a-f]{64}$/)
  })

  it("tells bytes from a user's own data that looks like them, as the exported log does", async () => {
    await using served = await serve()
    const appended = served.node.append('job.noted', {
      $bytes: 'mine',
      real: Uint8Array.of(1),
      deep: [{ $a: 1 }],
    })
    const { text } = await raw(served.api, '/api/v1/log')
    const { data } = JSON.parse(text)
    assert.deepEqual(data, { $$bytes: 'mine', real: { $bytes: 'AQ==' }, deep: [{ $$a: 1 }] })
    assert.deepEqual(data, eventLine(appended).data)
  })

  it('starts where it is asked to and stops after so many', async () => {
    await using served = await serve()
    for (let i = 1; i <= 10; i++) served.node.append('tick')
    const seqs = async (query: string) => {
      const { text } = await raw(served.api, `/api/v1/log?${query}`)
      return text
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line).seq)
    }
    assert.deepEqual(await seqs('from=4&limit=3'), [4, 5, 6])
    assert.deepEqual(await seqs('from=9'), [9, 10])
    assert.deepEqual(await seqs('from=11'), [])
  })

  it('refuses what is no sequence number', async () => {
    await using served = await serve()
    for (const query of ['from=abc', 'from=0', 'from=1.5', 'from=-1', 'limit=0', 'from=1&from=2', 'from=']) {
      const answer = await raw(served.api, `/api/v1/log?${query}`)
      assert.equal(answer.status, 400, query)
      assert.equal(problem(answer).code, 'invalid-query')
    }
    const refused = problem(await raw(served.api, '/api/v1/log?from=abc'))
    assert.equal(refused.detail, 'Query: from: must be a sequence number.')
  })

  it('reads the log no faster than the reader takes it', async () => {
    await using served = await serve()
    const filler = 'x'.repeat(10_000)
    for (let i = 0; i < 2_000; i++) served.node.append('tick', { filler })
    let read = 0
    const { readLog } = served.node
    served.node.readLog = async function* (...args) {
      for await (const event of readLog.apply(served.node, args)) {
        read += 1
        yield event
      }
    }
    const outgoing = request({ port: served.api.port, path: '/api/v1/log', agent: false }).end()
    const [incoming] = await once(outgoing, 'response')
    let before = -1
    await until(async () => {
      const still = read === before
      before = read
      await new Promise(resolve => setTimeout(resolve, 100))
      return still
    })
    assert.ok(read < 2_000, 'the whole log was read though nobody takes it')
    incoming.resume()
    await once(incoming, 'end')
    assert.equal(read, 2_000)
  })

  it('breaks off when the log cannot be read further: a part must not pass for the whole', async () => {
    await using served = await serve()
    served.node.append('tick')
    served.node.readLog = async function* () {
      yield served.node.events[0] ?? assert.fail()
      await new Promise(resolve => setTimeout(resolve, 20))
      throw new Error('bad block')
    }
    await assert.rejects(raw(served.api, '/api/v1/log'), { code: 'ECONNRESET' })
    assert.deepEqual(served.logged, ['stream broke off'])
    assert.equal(await metricValue(served.metrics, 'skein_stream_clients{stream="log"}'), 0)
  })
})

describe('HTTP API: signed log', () => {
  const linesOf = (text: string): { kind: string; seq?: number; first?: number; last?: number }[] =>
    text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))

  it('gives the events with their signatures, from where it is asked to', async () => {
    await using served = await serve()
    for (let i = 1; i <= 5; i++) served.node.append('tick')
    const answer = await raw(served.api, '/api/v1/log/signed')
    assert.equal(answer.headers['content-type'], 'application/x-ndjson')
    const all = linesOf(answer.text)
    assert.deepEqual(
      all.map(({ kind }) => kind),
      [...Array(5).fill('event'), 'batch'],
    )
    assert.deepEqual([all.at(-1)?.first, all.at(-1)?.last], [1, 5])
    const some = linesOf((await raw(served.api, '/api/v1/log/signed?from=4')).text)
    assert.deepEqual(
      some.map(({ seq }) => seq),
      [4, 5, undefined],
    )
    assert.equal((await raw(served.api, '/api/v1/log/signed?from=6')).text, '')
  })

  it('refuses what is no sequence number, and what it does not know', async () => {
    await using served = await serve()
    for (const query of ['from=abc', 'from=0', 'from=1.5', 'limit=3']) {
      const answer = await raw(served.api, `/api/v1/log/signed?${query}`)
      assert.equal(answer.status, 400, query)
      assert.equal(problem(answer).code, 'invalid-query')
    }
  })

  it('reads the log no faster than the reader takes it, and not at all once the reader is gone', async () => {
    await using served = await serve()
    let read = 0
    let ended = false
    served.node.exportLog = async function* (_, options) {
      try {
        for (; options?.signal?.aborted !== true; read++) {
          await new Promise(resolve => setImmediate(resolve))
          yield `{"filler":"${'x'.repeat(10_000)}"}\n`
        }
      } finally {
        ended = true
      }
    }
    const outgoing = request({ port: served.api.port, path: '/api/v1/log/signed', agent: false }).end()
    const [incoming] = await once(outgoing, 'response')
    // It would go on for ever; the socket's buffers hold some of it.
    let before = -1
    await until(async () => {
      const still = read === before
      before = read
      await new Promise(resolve => setTimeout(resolve, 100))
      return still
    })
    assert.equal(ended, false)
    incoming.destroy()
    await until(() => ended)
    await until(async () => (await metricValue(served.metrics, 'skein_stream_clients{stream="log"}')) === 0)
  })

  it('breaks off when the log cannot be read further', async () => {
    await using served = await serve()
    served.node.exportLog = async function* () {
      yield '{}\n'
      throw new Error('bad block')
    }
    await assert.rejects(raw(served.api, '/api/v1/log/signed'), { code: 'ECONNRESET' })
    assert.deepEqual(served.logged, ['stream broke off'])
  })
})

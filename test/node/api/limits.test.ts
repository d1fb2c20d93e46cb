import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { json, metricValue, problem, raw, type Served, serve, until } from './harness.ts'

/** What a server sends on a connection until it closes it. */
async function answerTo(served: Served, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(served.api.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  for (const piece of pieces) {
    if (socket.destroyed) break
    socket.write(piece)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await closed
  return text
}

describe('HTTP API: limits', () => {
  const HEAD = 'POST /api/v1/position HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

  it('refuses a body past its bound, announced or not, before it is read', async () => {
    await using served = await serve({ limits: { bodyBytesMax: 1_000 } })
    const large = await raw(served.api, '/api/v1/position', json({ filler: 'x'.repeat(2_000) }))
    assert.deepEqual([large.status, problem(large).code], [413, 'too-large'])
    const piece = `3e8\r\n${'x'.repeat(1_000)}\r\n`
    const chunked = await answerTo(
      served,
      `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`,
      piece,
      piece,
      piece,
    )
    assert.match(chunked, /^HTTP\/1\.1 413 /)
    assert.match(chunked, /larger than 1000 bytes/)
  })

  it('has a bound of one MiB', async () => {
    await using served = await serve()
    const large = await raw(served.api, '/api/v1/position', json('x'.repeat(1 << 20)))
    assert.equal(large.status, 413)
    const fits = await raw(served.api, '/api/v1/position', json('x'.repeat((1 << 20) - 2)))
    assert.equal(fits.status, 422)
  })

  it('does not wait for the body of who is refused', async () => {
    await using served = await serve({ token: 'c0ffee'.repeat(6) })
    const answer = await answerTo(served, `${HEAD}Content-Length: 1000000\r\nConnection: close\r\n\r\n`, '{')
    assert.match(answer, /^HTTP\/1\.1 401 /)
  })

  it('takes a body that breaks off for a fault of the caller, not of its own', async () => {
    await using served = await serve()
    const socket = connect(served.api.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.end(`${HEAD}Content-Length: 1000\r\n\r\n{"latDeg":`)
    socket.resume()
    await once(socket, 'close')
    const series = 'skein_http_requests_total{route="position",code="4xx"}'
    await until(async () => (await metricValue(served.metrics, series)) === 1)
    assert.ok(!served.logged.includes('a request failed'), `${served.logged}`)
  })

  it('closes a body that trickles in, as it does a head', async () => {
    await using served = await serve({ limits: { headMs: 100, requestMs: 300 } })
    const trickle = Array.from({ length: 100 }, () => ' ')
    const body = await answerTo(served, `${HEAD}Content-Length: 1000\r\n\r\n`, ...trickle)
    assert.match(body, /^HTTP\/1\.1 408 /)
    const head = await answerTo(served, 'GET /livez HTTP/1.1\r\n', ...trickle.map((_, i) => `X-${i}: y\r\n`))
    assert.match(head, /^HTTP\/1\.1 408 /)
    assert.equal((await raw(served.api, '/livez')).status, 200)
  })

  it('closes connections on which nothing moves', async () => {
    await using served = await serve({ limits: { idleMs: 100 } })
    assert.equal(await answerTo(served), '')
  })

  it('takes no more connections than it may, and is there again when they end', async () => {
    await using served = await serve({ limits: { connectionsMax: 3 } })
    const held: Socket[] = []
    for (let i = 0; i < 3; i++) {
      const socket = connect(served.api.port, '127.0.0.1')
      await once(socket, 'connect')
      held.push(socket)
    }
    assert.equal(await answerTo(served, 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'), '')
    for (const socket of held) socket.destroy()
    await until(async () => (await raw(served.api, '/livez').catch(() => null))?.status === 200)
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Api } from '../../../node/api/interface.ts'
import { latestFrames, pacedFrames } from '../../../node/api/stream/frames.ts'
import { sleep } from '../../../node/api/stream/wait.ts'
import { metricValue, problem, raw, serve, until } from './harness.ts'
import { type MemoryNode, OTHER, peer, SELF } from './memory-node.ts'

async function open(api: Api, query = ''): Promise<IncomingMessage> {
  const outgoing = request({ port: api.port, path: `/api/v1/map/stream${query}`, agent: false }).end()
  outgoing.on('error', () => {})
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  incoming.on('error', () => {})
  return incoming
}

/** The numbers of the frames in what came, whole ones only; throws when they are not one after the other. */
function frameNumbers(bytes: Buffer): number[] {
  const numbers: number[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    if (at + 4 + length > bytes.length) break
    numbers.push(bytes.readUInt32LE(at + 4))
    at += 4 + length
  }
  return numbers
}

/** Lets frames of other nodes come only after a while, and counts who asks for them. */
function slowly(node: MemoryNode, firstAfterMs = 100): { total: number; open: number } {
  const asked = { total: 0, open: 0 }
  const framesOf = node.mapFramesOf.bind(node)
  node.mapFramesOf = async function* (agent, hz, signal) {
    asked.total++
    asked.open++
    try {
      await sleep(firstAfterMs, signal)
      yield* framesOf(agent, hz, signal)
    } finally {
      asked.open--
    }
  }
  return asked
}

const CLIENTS = 'skein_stream_clients{stream="map"}'
const DROPPED = 'skein_stream_frames_dropped_total'

describe('HTTP API: map stream', () => {
  it('sends whole frames, one after the other', async () => {
    await using served = await serve()
    const incoming = await open(served.api, '?hz=10')
    assert.equal(incoming.headers['content-type'], 'application/octet-stream')
    const chunks: Buffer[] = []
    incoming.on('data', chunk => chunks.push(chunk))
    await until(() => frameNumbers(Buffer.concat(chunks)).length >= 4)
    incoming.destroy()
    assert.deepEqual(frameNumbers(Buffer.concat(chunks)).slice(0, 4), [1, 2, 3, 4])
    await until(async () => (await metricValue(served.metrics, 'skein_stream_clients{stream="map"}')) === 0)
  })

  it('drops frames for a reader that is too slow, counts them, and goes on with the newest', async () => {
    await using served = await serve()
    served.node.frameBytes = 4_000_000
    const incoming = await open(served.api, '?hz=10')
    // Not read: the socket fills, and then nothing more may be made for it.
    let before = -1
    await until(async () => {
      const full = served.node.framesMade === before
      before = served.node.framesMade
      await new Promise(resolve => setTimeout(resolve, 350))
      return full
    })
    assert.ok(
      served.node.framesMade < 8,
      `${served.node.framesMade} frames were made for a reader that takes none`,
    )
    const waiting = served.node.framesMade
    const waitingBytes = waiting * (4 + served.node.frameBytes)
    served.node.frameBytes = 64
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', chunk => {
      bytes += chunk.length
      chunks.push(chunk)
    })
    await until(() => bytes >= waitingBytes + 4 + 64)
    incoming.destroy()
    // The first frame after the pause was made after it, and no frame is torn.
    const numbers = frameNumbers(Buffer.concat(chunks))
    assert.deepEqual(
      numbers.slice(0, waiting + 1),
      Array.from({ length: waiting + 1 }, (_, i) => i + 1),
    )
    assert.ok((await metricValue(served.metrics, DROPPED)) >= 3)
  })

  it('shows another node’s belief, asked of it', async () => {
    await using served = await serve()
    const incoming = await open(served.api, `?hz=10&as=${OTHER}`)
    const [chunk] = await once(incoming, 'data')
    assert.equal(frameNumbers(chunk)[0], 1)
    incoming.destroy()
    const own = await open(served.api, `?as=${SELF}`)
    assert.equal(own.statusCode, 200)
    own.destroy()
  })

  it('asks another node for no more than it has places for, however many ask at once', async () => {
    await using served = await serve()
    const asked = slowly(served.node)
    const answers = await Promise.all(Array.from({ length: 8 }, () => open(served.api, `?as=${OTHER}`)))
    const statuses = answers.map(({ statusCode }) => statusCode)
    assert.deepEqual(statuses.sort(), [200, 200, 200, 200, 503, 503, 503, 503])
    assert.equal(asked.total, 4)
    for (const answer of answers) answer.destroy()
    await until(() => asked.open === 0)
    await until(async () => (await metricValue(served.metrics, CLIENTS)) === 0)
  })

  it('lets the other node go when its reader leaves before the first frame', async () => {
    await using served = await serve()
    const asked = slowly(served.node, 60_000)
    const outgoing = request({ port: served.api.port, path: `/api/v1/map/stream?as=${OTHER}`, agent: false })
    outgoing.on('error', () => {}).end()
    await until(() => asked.open === 1)
    outgoing.destroy()
    await until(() => asked.open === 0)
    await until(async () => (await metricValue(served.metrics, CLIENTS)) === 0)
  })

  it('keeps no place for a reader whose request failed', async () => {
    await using served = await serve()
    served.node.peerList = [peer(OTHER, 'failed')]
    for (let i = 0; i < 5; i++) {
      const failed = await raw(served.api, `/api/v1/map/stream?as=${OTHER}`)
      assert.equal(problem(failed).code, 'agent-unreachable')
    }
    assert.equal(await metricValue(served.metrics, CLIENTS), 0)
  })

  it('says when it does not know that node, or gets no answer from it', async () => {
    await using served = await serve({ limits: { firstFrameMs: 50 } })
    const unknown = problem(await raw(served.api, '/api/v1/map/stream?as=nobody'))
    assert.deepEqual([unknown.status, unknown.code], [404, 'unknown-agent'])
    assert.match(unknown.detail, /knows no agent nobody/)
    served.node.peerList = [peer(OTHER, 'failed')]
    const silent = problem(await raw(served.api, `/api/v1/map/stream?as=${OTHER}`))
    assert.deepEqual([silent.status, silent.code], [503, 'agent-unreachable'])
    assert.match(silent.detail, /did not show its map: it is not connected/)
    served.node.mapFramesOf = async function* (_agent, _hz, signal) {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
    }
    const late = problem(await raw(served.api, `/api/v1/map/stream?as=${OTHER}`))
    assert.match(late.detail, /no frame in time/)
  })

  it('refuses a pace it does not keep', async () => {
    await using served = await serve()
    for (const hz of ['0', '0.5', '11', 'fast', '-1', '']) {
      const answer = await raw(served.api, `/api/v1/map/stream?hz=${hz}`)
      assert.equal(answer.status, 400, hz)
      assert.match(problem(answer).detail, /^Query: hz: /)
    }
    assert.match(problem(await raw(served.api, '/api/v1/map/stream?hz=fast')).detail, /a number from 1 to 10/)
  })

  it('serves four readers and no fifth; a place that is left is free', async () => {
    await using served = await serve()
    const readers = await Promise.all([1, 2, 3, 4].map(() => open(served.api)))
    const refused = problem(await raw(served.api, '/api/v1/map/stream'))
    assert.deepEqual([refused.status, refused.code], [503, 'too-many-readers'])
    readers[0]?.destroy()
    await until(async () => (await metricValue(served.metrics, 'skein_stream_clients{stream="map"}')) === 3)
    readers.push(await open(served.api))
    assert.equal(readers.at(-1)?.statusCode, 200)
    for (const reader of readers) reader.destroy()
  })

  it('paces by what was due, not by what was late', async () => {
    let made = 0
    let dropped = 0
    const abort = new AbortController()
    const frames = pacedFrames({
      frame: () => Uint8Array.of(++made),
      hz: 10,
      signal: abort.signal,
      onDropped: count => {
        dropped += count
      },
    })
    await frames.next()
    await new Promise(resolve => setTimeout(resolve, 450))
    await frames.next()
    assert.equal(made, 2)
    assert.ok(dropped >= 3)
    abort.abort()
    assert.equal((await frames.next()).done, true)
  })

  it('keeps only the newest of frames that come by themselves, and passes on how they end', async () => {
    const dropped: number[] = []
    const abort = new AbortController()
    async function* five() {
      for (let i = 1; i <= 5; i++) yield Uint8Array.of(i)
      throw new Error('it left')
    }
    const frames = latestFrames({ frames: five(), signal: abort.signal, onDropped: n => dropped.push(n) })
    const first = frames.next()
    await new Promise(resolve => setTimeout(resolve, 10))
    const got = [(await first).value?.[0], (await frames.next()).value?.[0]]
    assert.equal(got.at(-1), 5)
    assert.ok(dropped.length >= 3)
    await assert.rejects(frames.next(), { message: 'it left' })
  })
})

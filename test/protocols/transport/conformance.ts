import assert from 'node:assert/strict'
import type { Connection, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

type Options = NonNullable<Parameters<typeof createLibp2p>[0]>

/** The layers under test, each at its stock version unless replaced. */
export type Layers = Pick<Options, 'connectionEncrypters' | 'streamMuxers' | 'connectionProtector'>

/** Well-formed pre-shared key of the version that libp2p knows. */
const SWARM_KEY = Buffer.from(`/key/swarm/psk/1.0.0/\n/base16/\n${'ab'.repeat(32)}`)

const ECHO = '/test/echo/1'
const SLOW = '/test/slow/1'
const SLOW_BYTES = 1_500_000
const MEBIBYTE = 1024 * 1024

async function startNode(layers: Layers) {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    ...layers,
  })
  const resets: string[] = []
  await node.handle(
    ECHO,
    async stream => {
      stream.addEventListener('close', event => {
        if (event.error !== undefined) resets.push(event.error.name)
      })
      for await (const bytes of stream) {
        if (!stream.send(bytes)) await stream.onDrain()
      }
      await stream.close()
    },
    { maxInboundStreams: 200 },
  )
  // Reads nothing for a while, three times: the sender has to stop, and to go on where it stopped.
  await node.handle(SLOW, async stream => {
    let received = 0
    let pauses = 0
    stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
      if (received === SLOW_BYTES) stream.send(Buffer.from('all'))
      else if (pauses < 3 && received > (pauses + 1) * 200_000) {
        pauses++
        stream.pause()
        setTimeout(() => stream.resume(), 30)
      }
    })
  })
  return { node, resets }
}

async function sendAll(stream: Stream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += 100_000) {
    if (!stream.send(bytes.subarray(at, at + 100_000))) await stream.onDrain()
  }
  await stream.close()
}

async function readAll(stream: Stream): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const bytes of stream) pieces.push(bytes.subarray())
  return Buffer.concat(pieces)
}

async function echo(connection: Connection, bytes: Uint8Array): Promise<Buffer> {
  const stream = await connection.newStream(ECHO, { maxOutboundStreams: 200 })
  const [back] = await Promise.all([readAll(stream), sendAll(stream, bytes)])
  return back
}

function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255))
}

/** What any two ends must be able to do with each other, whichever of them is ours. */
function itCarriesStreams(dialer: Layers, listener: Layers, mostBytes = MEBIBYTE): void {
  let ends: Awaited<ReturnType<typeof startNode>>[] = []
  let connection: Connection

  before(async () => {
    ends = [await startNode(dialer), await startNode(listener)]
    const [address] = ends[1]?.node.getMultiaddrs() ?? []
    assert.ok(address && ends[0])
    connection = await ends[0].node.dial(address)
  })
  after(async () => {
    await Promise.all(ends.map(({ node }) => node.stop()))
  })

  it(`echoes 1 byte to ${mostBytes / MEBIBYTE} MiB, unchanged`, async () => {
    for (const length of [1, 2, 1_199, 1_200, 2_561, 65_519, 65_520, 300_000, mostBytes]) {
      const bytes = pattern(length)
      assert.ok(bytes.equals(await echo(connection, bytes)), `${length} bytes`)
    }
  })

  it('keeps many streams apart', async () => {
    const sent = Array.from({ length: 60 }, (_, i) => pattern(1 + i * 700))
    const back = await Promise.all(sent.map(bytes => echo(connection, bytes)))
    assert.ok(back.every((bytes, i) => sent[i]?.equals(bytes)))
  })

  it('waits for a slow reader and loses nothing', async () => {
    const stream = await connection.newStream(SLOW)
    const answer = new Promise<string>(resolve => {
      stream.addEventListener('message', ({ data }) => resolve(Buffer.from(data.subarray()).toString()), {
        once: true,
      })
    })
    const bytes = pattern(SLOW_BYTES)
    for (let at = 0; at < bytes.byteLength; at += 100_000) {
      if (!stream.send(bytes.subarray(at, at + 100_000))) await stream.onDrain()
    }
    assert.equal(await answer, 'all')
    await stream.close()
  })

  it('tells the other end of a reset, and other streams go on', async () => {
    const stream = await connection.newStream(ECHO)
    stream.send(pattern(10))
    await new Promise(resolve => stream.addEventListener('message', resolve, { once: true }))
    const before = ends[1]?.resets.length ?? 0
    stream.abort(new Error('enough'))
    while (ends[1]?.resets.length === before) await new Promise(resolve => setTimeout(resolve, 5))
    assert.ok(pattern(5_000).equals(await echo(connection, pattern(5_000))))
  })

  it('ends with the connection', async () => {
    await connection.close()
    assert.equal(connection.status, 'closed')
  })
}

/** Ours at one end and stock at the other, both ways round, and ours at both. */
export function itSpeaksWithStock(ours: Layers, stock: Layers = {}, mostBytes = 8 * MEBIBYTE): void {
  describe('dialling a stock node', () => itCarriesStreams(ours, stock, mostBytes))
  describe('dialled by a stock node', () => itCarriesStreams(stock, ours))
  describe('among themselves', () => itCarriesStreams(ours, ours))
}

export const withPreSharedKey = () => preSharedKey({ psk: SWARM_KEY })

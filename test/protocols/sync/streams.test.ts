import assert from 'node:assert/strict'
import type { Connection, Libp2p, Stream, StreamHandler } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { encode as lengthPrefixed } from 'it-length-prefixed'
import { PeerGuard } from '../../../protocols/budget/guard.ts'
import { SyncStreams } from '../../../protocols/sync/streams.ts'

const PEER = 'ibex'
const frame = Uint8Array.of(1, 2, 3)

/** A node whose peer is connected while `connected` says so, over streams that the test holds the other end of. */
function setup() {
  const remotes: Stream[] = []
  const locals: Stream[] = []
  const connection = {
    async newStream() {
      const [local, remote] = await streamPair()
      locals.push(local)
      remotes.push(remote)
      return local
    },
  } as Partial<Connection> as Connection
  const state = { connected: true }
  const streams = new SyncStreams({
    libp2p: {} as Libp2p,
    connection: () => (state.connected ? connection : undefined),
    meter: { spend: () => true, fault: () => {} },
    onFrame: () => {},
  })
  return { streams, state, locals, remotes }
}

describe('sync streams', () => {
  it('are one for a peer, however much is sent', async () => {
    const { streams, locals } = setup()
    await Promise.all([streams.send(PEER, frame), streams.send(PEER, frame)])
    await streams.send(PEER, frame)
    assert.equal(locals.length, 1)
  })

  it('are opened to a peer that comes back, though something was sent while it was gone', async () => {
    const { streams, state, locals } = setup()
    state.connected = false
    await streams.send(PEER, frame)
    assert.equal(locals.length, 0)
    state.connected = true
    await streams.send(PEER, frame)
    assert.equal(locals.length, 1)
  })

  it('are opened anew when the last one has ended', async () => {
    const { streams, locals } = setup()
    await streams.send(PEER, frame)
    locals[0]?.abort(new Error('gone'))
    await new Promise(setImmediate)
    await streams.send(PEER, frame)
    assert.equal(locals.length, 2)
  })
})

/** A node that a peer opens streams to, with a clock that stands; how often it was blamed, and the frames it got in. */
async function listening() {
  let handler: StreamHandler = () => {}
  const handle = async (_: unknown, handle: StreamHandler) => {
    handler = handle
  }
  const connection = { remotePeer: { toString: () => PEER } } as Partial<Connection> as Connection
  const heard = { frames: 0, blamed: [] as string[] }
  const onJudged = (_: string, { cause }: { cause: string }) => void heard.blamed.push(cause)
  const streams = new SyncStreams({
    libp2p: { handle } as Partial<Libp2p> as Libp2p,
    connection: () => connection,
    meter: new PeerGuard({ onJudged, nowMs: () => 0 }),
    onFrame: () => void heard.frames++,
  })
  await streams.start()
  /** Opens a stream, sends so many frames over it, and ends it. */
  const send = async (count: number): Promise<void> => {
    const [near, far] = await streamPair({ delay: 0 })
    await handler(far, connection)
    near.send(Buffer.concat(Array.from({ length: count }, () => lengthPrefixed.single(frame).subarray())))
    await new Promise(resolve => setTimeout(resolve, 10))
    near.abort(new Error('enough'))
  }
  return { heard, send }
}

describe('sync streams that a peer opens', () => {
  it('carry what waits for a node that stood still for half a minute, also on another stream', async () => {
    const { heard, send } = await listening()
    await send(150)
    await send(150)
    assert.deepEqual(heard, { frames: 300, blamed: [] })
  })

  it('regression: carry no more in all for being ended and opened anew', async () => {
    const { heard, send } = await listening()
    for (let i = 0; i < 12; i++) await send(100)
    assert.deepEqual(heard, { frames: 300, blamed: ['sync-frames'] })
  })
})

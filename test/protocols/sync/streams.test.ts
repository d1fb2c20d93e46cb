import assert from 'node:assert/strict'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
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

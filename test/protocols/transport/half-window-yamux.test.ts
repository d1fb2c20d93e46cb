import assert from 'node:assert/strict'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { halfWindowYamux } from '../../../protocols/transport/half-window-yamux.ts'
import { itSpeaksWithStock } from './conformance.ts'

const WINDOW_UPDATE = 1
const FRAME_HEADER = 12

/** Sends `count` messages of 100 bytes through a pair of muxers; counts what the receiver sent back. */
async function windowUpdates(create: typeof yamux, count: number): Promise<number> {
  const [outbound, inbound] = multiaddrConnectionPair({ delay: 0 })
  let updates = 0
  const send = inbound.send.bind(inbound)
  inbound.send = bytes => {
    for (let at = 0; at < bytes.byteLength; at += FRAME_HEADER) {
      if (bytes.subarray(at, at + FRAME_HEADER)[1] === WINDOW_UPDATE) updates++
    }
    return send(bytes)
  }
  const init = { enableKeepAlive: false }
  const client = create(init)().createStreamMuxer(outbound)
  const server = create(init)().createStreamMuxer(inbound)
  let received = 0
  const all = new Promise<void>(resolve => {
    server.addEventListener('stream', ({ detail }) => {
      detail.addEventListener('message', ({ data }) => {
        received += data.byteLength
        if (received === count * 100) resolve()
      })
    })
  })
  const stream = await client.createStream()
  for (let i = 0; i < count; i++) {
    stream.send(new Uint8Array(100))
    await new Promise(resolve => setImmediate(resolve))
  }
  await all
  stream.abort(new Error('done'))
  client.abort(new Error('done'))
  server.abort(new Error('done'))
  return updates
}

describe('protocols/transport/half-window-yamux', () => {
  it('answers only when half a window is used up', async () => {
    // 200 messages are 20 kB of a window of 256 KiB: one update, the one that acknowledges the stream.
    assert.equal(await windowUpdates(halfWindowYamux, 200), 1)
    assert.ok((await windowUpdates(yamux, 200)) > 50)
  })

  itSpeaksWithStock({ streamMuxers: [halfWindowYamux()] })
})

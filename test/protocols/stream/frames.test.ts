import assert from 'node:assert/strict'
import { streamPair } from '@libp2p/utils'
import { encode as lengthPrefixed } from 'it-length-prefixed'
import { type FrameLinkInit, frameLink } from '../../../protocols/stream/frames.ts'

const FRAME = new Uint8Array([1, 2, 3])

/** Two ends of one stream, and what came out of the second. */
async function pair(changes: Partial<FrameLinkInit> = {}) {
  const [here, there] = await streamPair()
  const got: Uint8Array[] = []
  const ends: (Error | undefined)[] = []
  const base = { maxFrameBytes: 1_000, maxFramesPerS: 100, onFrame: () => {} }
  const near = frameLink({ ...base, stream: here })
  const far = frameLink({
    ...base,
    stream: there,
    onFrame: frame => void got.push(frame.slice()),
    onEnd: error => void ends.push(error),
    ...changes,
  })
  return { here, there, near, far, got, ends }
}

const settled = () => new Promise(resolve => setTimeout(resolve, 50))

describe('frames', () => {
  it('bring each frame over as it was sent', async () => {
    const { near, got } = await pair()
    for (const frame of [FRAME, new Uint8Array(1_000).fill(7)]) assert.ok(near.send(frame))
    await settled()
    assert.deepEqual(
      got.map(({ byteLength }) => byteLength),
      [3, 1_000],
    )
  })

  it('end the stream at a frame that is too long, and at what its reader throws', async () => {
    const long = await pair()
    long.here.send(lengthPrefixed.single(new Uint8Array(1_001)))
    const thrower = await pair({
      onFrame: () => {
        throw new Error('not a frame of mine')
      },
    })
    thrower.near.send(FRAME)
    await settled()
    assert.match(String(long.ends[0]), /length/i)
    assert.match(String(thrower.ends[0]), /not a frame of mine/)
  })

  it('regression: read what came at once, however much, for it had to wait', async () => {
    const { here, got, ends } = await pair()
    here.send(
      Buffer.concat(Array.from({ length: 90 }, () => lengthPrefixed.single(new Uint8Array(900)).subarray())),
    )
    await settled()
    assert.equal(got.length, 90)
    assert.deepEqual(ends, [])
  })

  it('regression: call it a fault when much comes at once of a frame that is too long, or of a length without end', async () => {
    for (const bytes of [
      lengthPrefixed.single(new Uint8Array(50_000)).subarray(),
      new Uint8Array(50_000).fill(0xff),
    ]) {
      const faults: string[] = []
      const { here, ends } = await pair({ onFault: fault => void faults.push(fault) })
      here.send(bytes)
      await settled()
      assert.equal(ends.length, 1)
      assert.deepEqual(faults, ['oversize'])
    }
  })

  it('cut off a peer that sends more frames a second than agreed for longer than a burst', async () => {
    const { near, got, ends } = await pair({ maxFramesPerS: 1 })
    for (let i = 0; i < 40; i++) near.send(FRAME)
    await settled()
    assert.equal(got.length, 30)
    assert.match(String(ends[0]), /more than 1 frames a second/)
  })

  it('take no frame on a stream that is closing or closed, and throw nothing', async () => {
    const { here, near } = await pair()
    here.pause()
    near.send(new Uint8Array(900))
    const closing = near.close().catch(() => {})
    assert.equal(near.send(FRAME), false)
    await closing
    assert.equal(near.send(FRAME), false)
    near.abort(new Error('over'))
    assert.equal(near.send(FRAME), false)
  })

  it('drop a reader that leaves too much unread', async () => {
    const { here, near } = await pair()
    Object.defineProperty(here, 'writeBufferLength', { value: (1 << 20) + 1 })
    assert.equal(near.send(FRAME), false)
    assert.equal(here.status, 'aborted')
  })
})

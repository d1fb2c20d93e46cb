import assert from 'node:assert/strict'
import { encode } from 'cborg'
import fc from 'fast-check'
import { FrameError } from '../../../protocols/frame-error.ts'
import { decodeHello, encodeHello, type HelloFrame } from '../../../protocols/hello/codec.ts'

const FRAMES: readonly HelloFrame[] = [
  {
    t: 'hello',
    hello: {
      protocol: 1,
      swarm: 'alps',
      name: 'Möwe 1',
      role: 'drone',
      boot: 7,
      version: '0.1.0',
      instance: 'a1b2',
      epoch: 3,
      credential: Uint8Array.of(1, 2, 3),
    },
  },
  {
    t: 'pulse',
    pulse: { seq: 1, wallMs: 1_795_000_000_000, echoSeq: -1, heldMs: 0, cell: '881f8ed951fffff' },
  },
  {
    t: 'introductions',
    peers: [{ agent: '12D3', addresses: ['/ip4/127.0.0.1/tcp/1'], cell: '', name: 'x', role: '' }],
  },
  { t: 'goodbye', reason: 'the node stops' },
  {
    t: 'full',
    hello: {
      protocol: 1,
      swarm: 'alps',
      name: 'hub',
      role: 'relay',
      boot: 1,
      version: '0.1.0',
      instance: 'a1b2',
      epoch: 0,
      credential: null,
    },
  },
]

const refusal = (bytes: Uint8Array): string | null => {
  try {
    decodeHello(bytes)
    return null
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    return error.message
  }
}

describe('hello codec', () => {
  for (const frame of FRAMES) {
    it(`brings a ${frame.t} over`, () => {
      assert.deepEqual(decodeHello(encodeHello(frame)), frame)
    })
  }

  it('refuses every truncation of every frame', () => {
    for (const bytes of FRAMES.map(encodeHello)) {
      for (let length = 0; length < bytes.byteLength; length++)
        assert.ok(refusal(bytes.subarray(0, length)), `${length}`)
    }
  })

  it('throws nothing but FrameError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void refusal(bytes)),
      { numRuns: 2_000 },
    )
  })

  it('passes over fields that a newer version appends', () => {
    assert.deepEqual(decodeHello(encode([3, 'bye', 'more'])), { t: 'goodbye', reason: 'bye' })
  })

  it('says what is wrong with a frame', () => {
    assert.match(refusal(encode({ a: 1 })) ?? '', /is an array/)
    assert.match(refusal(encode([9])) ?? '', /unknown kind/)
    assert.match(refusal(encode([0, 1, 'x'.repeat(300)])) ?? '', /no text of at most 256/)
    assert.match(refusal(encode([1, 1, 2, 3, 4, 'not-a-cell'])) ?? '', /no H3 cell/)
    assert.match(refusal(encode([2, Array(33).fill(0)])) ?? '', /at most 32/)
  })
})

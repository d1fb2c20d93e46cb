import assert from 'node:assert/strict'
import fc from 'fast-check'
import { halfWindowYamux } from '../../../protocols/transport/half-window-yamux.ts'
import { leanNoise, NoiseReader } from '../../../protocols/transport/lean-noise.ts'
import { singleWrite } from '../../../protocols/transport/single-write.ts'
import { itSpeaksWithStock } from './conformance.ts'

function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([message.byteLength >> 8, message.byteLength & 255]), message])
}

describe('protocols/transport/lean-noise', () => {
  it('finds the same messages however the bytes are cut', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { maxLength: 8 })
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 40 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(framed))
        const reader = new NoiseReader()
        const found: string[] = []
        let at = 0
        for (const length of [...cuts, stream.byteLength]) {
          const piece = stream.subarray(at, at + length)
          at += piece.byteLength
          for (const message of reader.decode(piece)) found.push(Buffer.from(message).toString('hex'))
        }
        assert.deepEqual(
          found,
          sent.map(message => Buffer.from(message).toString('hex')),
        )
      }),
    )
  })

  itSpeaksWithStock({ connectionEncrypters: [leanNoise()] })
  describe('with all our layers', () => {
    itSpeaksWithStock({
      connectionEncrypters: [leanNoise()],
      streamMuxers: [halfWindowYamux()],
      connectionProtector: singleWrite(),
    })
  })
})

import { streamPair } from '@libp2p/utils'
import { encode as lengthPrefixed } from 'it-length-prefixed'
import { decodeHello, HELLO_FRAME_MAX } from '../../../protocols/hello/codec.ts'
import { frameLink } from '../../../protocols/stream/frames.ts'
import { FaultError, type Target } from '../engine/target.ts'
import { helloFrames } from './hello.ts'
import { plain } from './swarm.ts'

const prefixed = (frames: readonly Uint8Array[]): Uint8Array =>
  plain(Buffer.concat(frames.map(frame => lengthPrefixed.single(frame).subarray())))

const turn = () => new Promise(resolve => setImmediate(resolve))

const frames: Target = {
  name: 'stream-frames',
  form: 'binary',
  unchanged:
    'no frame is longer than agreed; what is no frame ends the stream, and its peer is blamed for it',
  open: () => ({
    corpus: [prefixed(helloFrames.slice(0, 3)), prefixed(helloFrames.slice(3))],
    take: async input => {
      const [here, there] = await streamPair({ delay: 0 })
      const seen = { frames: 0, faults: 0, longest: 0 }
      let ended: { readonly error?: Error | undefined } | null = null
      frameLink({
        stream: there,
        maxFrameBytes: HELLO_FRAME_MAX,
        maxFramesPerS: 10,
        onFrame: frame => {
          seen.frames++
          seen.longest = Math.max(seen.longest, frame.byteLength)
          decodeHello(frame)
        },
        onFault: () => void seen.faults++,
        onEnd: error => {
          ended = { error }
        },
      })
      if (input.byteLength > 0) here.send(input)
      await here.close().catch(() => {})
      for (let i = 0; i < 10_000 && ended === null; i++) await turn()
      const end = ended as { readonly error?: Error | undefined } | null
      if (end === null) throw new FaultError('the stream does not end')
      if (seen.longest > HELLO_FRAME_MAX) throw new FaultError('a frame longer than agreed')
      if (end.error !== undefined && seen.faults !== 1) throw new FaultError(`nobody is blamed: ${end.error}`)
      return end.error === undefined ? 'taken' : 'refused'
    },
  }),
}

export const STREAMS: readonly Target[] = [frames]

import { readFileSync } from 'node:fs'
import { decodeMapFrames, encodeMapFrame } from '../../../protocols/map/frame.ts'
import {
  decodeMavlink,
  encodeMavlink,
  MavlinkDecoder,
  type MavlinkMessage,
  readTlog,
} from '../../../protocols/mavlink/index.ts'
import { FaultError, type Target } from '../engine/target.ts'

const heartbeat: MavlinkMessage = {
  name: 'HEARTBEAT',
  fields: { customMode: 0, type: 2, autopilot: 3, baseMode: 0, systemStatus: 4, mavlinkVersion: 3 },
}
const at = (timeBootMs: number): MavlinkMessage => ({
  name: 'GLOBAL_POSITION_INT',
  fields: {
    timeBootMs,
    latE7: -353_630_000,
    lonE7: 1_491_650_000,
    altAmslMm: 584_000,
    altHomeMm: 10_000,
    vNorthMps: 1.5,
    vEastMps: -2,
    vDownMps: 0.25,
    headingDeg: 359.99,
  },
})
const frameOf = (message: MavlinkMessage, sequence: number) =>
  encodeMavlink(message, { systemId: 1, componentId: 1, sequence })

const STREAM = Uint8Array.from(
  [heartbeat, at(1_000), at(1_200)].flatMap((message, i) => [...frameOf(message, i)]),
)

/** As a ground station writes it down: before each frame its time. */
export const TLOG = Uint8Array.from(
  [heartbeat, at(1_000), at(1_200), at(1_400)].flatMap((message, i) => {
    const time = new DataView(new ArrayBuffer(8))
    time.setBigUint64(0, 1_700_000_000_000_000n + BigInt(i) * 200_000n)
    return [...new Uint8Array(time.buffer), ...frameOf(message, i)]
  }),
)

/** Every byte is in one frame or in one skipped run. */
function accountsFor(
  length: number,
  { frames, skipped }: ReturnType<typeof decodeMavlink>,
  prefix: number,
): void {
  const sum =
    frames.reduce((total, frame) => total + frame.length + prefix, 0) +
    skipped.reduce((total, run) => total + run.length, 0)
  if (sum !== length) throw new FaultError(`${length} bytes came, ${sum} are accounted for`)
}

const mavlink: Target = {
  name: 'mavlink',
  form: 'binary',
  unchanged: 'every byte is in one frame or one skipped run, the same ones however the stream is cut',
  open: () => ({
    corpus: [STREAM, frameOf(heartbeat, 7)],
    take: input => {
      const whole = decodeMavlink(input)
      accountsFor(input.byteLength, whole, 0)
      const decoder = new MavlinkDecoder()
      const middle = input.byteLength >> 1
      const pieces = [decoder.push(input.slice(0, middle)), decoder.push(input.slice(middle)), decoder.end()]
      const frames = pieces.flatMap(piece => piece.frames.map(({ offset }) => offset))
      if (String(frames) !== String(whole.frames.map(({ offset }) => offset)))
        throw new FaultError('cut in two it reads otherwise')
      return whole.skipped.length === 0 ? 'taken' : 'refused'
    },
  }),
}

const tlog: Target = {
  name: 'tlog',
  form: 'binary',
  unchanged: 'every byte is in one record or one skipped run',
  open: () => ({
    corpus: [TLOG],
    take: input => {
      const read = readTlog(input)
      accountsFor(input.byteLength, read, 8)
      return read.skipped.length === 0 ? 'taken' : 'refused'
    },
  }),
}

const MAP_FRAME = Uint8Array.from(
  Buffer.from(
    readFileSync(new URL('../../protocols/map/fixtures/frame-v1.hex', import.meta.url), 'utf8').replace(
      /\s/g,
      '',
    ),
    'hex',
  ),
)

const isOneFrame = (input: Uint8Array): boolean => {
  const { buffer, byteOffset, byteLength } = input
  return byteLength >= 4 && new DataView(buffer, byteOffset).getUint32(0, true) + 4 === byteLength
}

const map: Target = {
  name: 'map-frames',
  form: 'binary',
  unchanged:
    'a frame is read in full or told as a fault, and the one behind it is read as if nothing had been',
  open: () => ({
    corpus: [MAP_FRAME],
    take: input => {
      const decoder = decodeMapFrames()
      const middle = input.byteLength >> 1
      const results = [...decoder.push(input.slice(0, middle)), ...decoder.push(input.slice(middle))]
      for (const result of results) if (result.t === 'frame') encodeMapFrame(result.frame)
      const fault = results.find(result => result.t === 'fault')
      // Ended where it said, so that the stream goes on: the next frame must come through.
      if (isOneFrame(input) && fault?.code !== 'length' && decoder.push(MAP_FRAME)[0]?.t !== 'frame')
        throw new FaultError('the next frame is lost')
      return results.some(result => result.t === 'frame') && fault === undefined ? 'taken' : 'refused'
    },
  }),
}

export const VEHICLE_STREAMS: readonly Target[] = [mavlink, tlog, map]

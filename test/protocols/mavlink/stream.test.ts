import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import {
  decodeMavlink,
  encodeMavlink,
  type MavlinkBatch,
  MavlinkDecoder,
  type MavlinkFrame,
  readTlog,
} from '../../../protocols/mavlink/index.ts'
import { anyMessage } from './arbitrary.ts'

const anyFrame = fc
  .tuple(anyMessage, fc.nat(255), fc.constantFrom(1 as const, 2 as const))
  .map(([message, sequence, version]) => {
    const header = { systemId: 1, componentId: 1, sequence }
    try {
      return encodeMavlink(message, { ...header, version })
    } catch {
      return encodeMavlink(message, { ...header, version: 2 })
    }
  })
const anyFrames = fc.array(anyFrame, { minLength: 1, maxLength: 6 })
/** Garbage that loves to look like the start of a frame. */
const garbage = fc.array(
  fc.oneof(fc.nat(255), fc.constant(0xfe), fc.constant(0xfd), fc.constantFrom(0, 1, 9, 33)),
  { maxLength: 40 },
)

const join = (...parts: ArrayLike<number>[]): Uint8Array => Uint8Array.from(parts.flatMap(p => Array.from(p)))

/** A message of no dialect we know: id 4242, unsigned, with a checksum of whatever. */
const stranger = (payload: readonly number[]): Uint8Array =>
  Uint8Array.from([0xfd, payload.length, 0, 0, 9, 1, 1, 0x92, 0x10, 0, ...payload, 0xab, 0xcd])

/** Every byte belongs to exactly one frame or one skipped run. */
function assertWhole(batch: MavlinkBatch, length: number, prefix = 0): void {
  const spans = [
    ...batch.frames.map(f => [f.offset - prefix, f.offset + f.length] as const),
    ...batch.skipped.map(s => [s.offset, s.offset + s.length] as const),
  ].sort((a, b) => a[0] - b[0])
  let at = 0
  for (const [from, to] of spans) {
    strictEqual(from, at)
    ok(to > from)
    at = to
  }
  strictEqual(at, length)
}

const ids = (batch: MavlinkBatch): number[] => batch.frames.map(f => f.offset)

describe('protocols/mavlink: streams', () => {
  it('never throws, whatever the bytes, and accounts for each of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), bytes => {
        assertWhole(decodeMavlink(bytes), bytes.length)
        assertWhole(readTlog(bytes), bytes.length, 8)
      }),
      { numRuns: 300 },
    )
  })

  it('finds every frame behind, between and before garbage', () => {
    fc.assert(
      fc.property(garbage, anyFrames, garbage, garbage, (before, frames, between, after) => {
        const [first = new Uint8Array(0), ...others] = frames
        const bytes = join(before, first, between, ...others, after)
        const batch = decodeMavlink(bytes)
        assertWhole(batch, bytes.length)
        const found = new Set(ids(batch))
        ok(found.has(before.length))
        let at = before.length + first.length + between.length
        for (const frame of others) {
          ok(found.has(at), `the frame at ${at} of ${bytes.length} was not found`)
          at += frame.length
        }
      }),
      { numRuns: 300 },
    )
  })

  it('reports every truncation at the offset of the frame that was cut', () => {
    fc.assert(
      fc.property(anyFrames, frames => {
        const bytes = join(...frames)
        const starts = frames.map((_, i) => join(...frames.slice(0, i)).length)
        for (let cut = 0; cut < bytes.length; cut++) {
          const batch = decodeMavlink(bytes.subarray(0, cut))
          const whole = starts.filter((start, i) => start + (frames[i]?.length ?? 0) <= cut)
          deepStrictEqual(ids(batch), whole)
          const end = whole.length === 0 ? 0 : (starts[whole.length] ?? 0)
          deepStrictEqual(
            batch.skipped,
            cut === end ? [] : [{ offset: end, reason: 'truncated', length: cut - end }],
          )
        }
      }),
      { numRuns: 30 },
    )
  })

  it('gives the same frames and skips however the stream is cut', () => {
    fc.assert(
      fc.property(garbage, anyFrames, garbage, fc.array(fc.nat(80)), (before, frames, after, cuts) => {
        const bytes = join(before, ...frames, stranger([1, 2, 3]), stranger([0xfe, 9, 0]), ...frames, after)
        const decoder = new MavlinkDecoder()
        const got = { frames: [] as MavlinkFrame[], skipped: [] as MavlinkBatch['skipped'][number][] }
        const take = (batch: MavlinkBatch): void => {
          got.frames.push(...batch.frames)
          got.skipped.push(...batch.skipped)
        }
        let at = 0
        for (const size of [...cuts, bytes.length]) {
          take(decoder.push(bytes.subarray(at, at + size)))
          at = Math.min(at + size, bytes.length)
        }
        take(decoder.end())
        deepStrictEqual(got, decodeMavlink(bytes))
      }),
      { numRuns: 200 },
    )
  })

  it('detects every flipped bit of a known frame but says nothing false of its neighbours', () => {
    const one = encodeMavlink(
      { name: 'STATUSTEXT', fields: { severity: 6, text: 'Reached command #4' } },
      { systemId: 1, componentId: 1, sequence: 4 },
    )
    const next = encodeMavlink(
      { name: 'MISSION_ITEM_REACHED', fields: { seq: 4 } },
      { systemId: 1, componentId: 1, sequence: 5 },
    )
    for (let bit = 0; bit < one.length * 8; bit++) {
      const bytes = join(one, next)
      const at = bit >> 3
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
      const { frames, skipped } = decodeMavlink(bytes)
      ok(
        frames.every(f => f.name !== 'STATUSTEXT' || f.crc !== 'ok'),
        `bit ${bit}`,
      )
      ok(
        frames.some(f => f.name === 'MISSION_ITEM_REACHED'),
        `bit ${bit}: the next frame was lost`,
      )
      // A flip in the message id or its flags makes it a stranger, which nobody can check.
      if (frames.length === 1) strictEqual(skipped[0]?.length, one.length)
    }
  })

  it('passes on messages it does not know, unchecked, and only where they can be told from garbage', () => {
    const known = encodeMavlink(
      { name: 'MISSION_ITEM_REACHED', fields: { seq: 4 } },
      { systemId: 1, componentId: 1, sequence: 5 },
    )
    const { frames, skipped } = decodeMavlink(join(stranger([1, 2]), known, stranger([3])))
    deepStrictEqual(skipped, [])
    deepStrictEqual(
      frames.map(f => [f.id, f.name, f.crc]),
      [
        [4242, null, 'unchecked'],
        [46, 'MISSION_ITEM_REACHED', 'ok'],
        [4242, null, 'unchecked'],
      ],
    )
    deepStrictEqual(frames[0]?.payload, Uint8Array.of(1, 2))
    const lost = decodeMavlink(join([0x55], stranger([1, 2]), known))
    deepStrictEqual(lost.skipped, [{ offset: 0, reason: 'garbage', length: 15 }])
  })

  it('drops a MAVLink 2 frame with a feature that it does not speak', () => {
    const bytes = encodeMavlink(
      { name: 'MISSION_ITEM_REACHED', fields: { seq: 4 } },
      { systemId: 1, componentId: 1, sequence: 5 },
    )
    bytes[2] = 0x02
    strictEqual(decodeMavlink(bytes).skipped[0]?.reason, 'unsupported-flags')
  })
})

describe('protocols/mavlink: signatures', () => {
  const signing = {
    key: new Uint8Array(32).fill(5),
    sha256: (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest(),
  }
  const signed = (timestamp10us: number, key = signing.key): Uint8Array =>
    encodeMavlink(
      { name: 'COMMAND_ACK', fields: { command: 21, result: 0 } },
      { systemId: 1, componentId: 1, sequence: 5, sign: { ...signing, key, linkId: 3, timestamp10us } },
    )
  const verdicts = (bytes: Uint8Array, options = {}): string[] =>
    decodeMavlink(bytes, options).frames.map(f => f.signature)

  it('are told valid, forged or replayed with the key, and unchecked without', () => {
    deepStrictEqual(verdicts(signed(100)), ['unchecked'])
    deepStrictEqual(verdicts(signed(100), { signing }), ['valid'])
    deepStrictEqual(verdicts(signed(100, new Uint8Array(32)), { signing }), ['forged'])
    deepStrictEqual(verdicts(join(signed(100), signed(101), signed(101), signed(99)), { signing }), [
      'valid',
      'valid',
      'replayed',
      'replayed',
    ])
  })

  it('are forged under every flipped bit of the trailer', () => {
    const whole = signed(2 ** 47 + 12345)
    for (let bit = (whole.length - 13) * 8; bit < whole.length * 8; bit++) {
      const bytes = whole.slice()
      const at = bit >> 3
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
      deepStrictEqual(verdicts(bytes, { signing }), ['forged'])
    }
  })
})

describe('protocols/mavlink: telemetry logs', () => {
  const record = (timeUs: bigint, frame: Uint8Array): Uint8Array => {
    const time = new Uint8Array(8)
    new DataView(time.buffer).setBigUint64(0, timeUs)
    return join(time, frame)
  }
  const heartbeat = encodeMavlink(
    { name: 'SYSTEM_TIME', fields: { timeUnixUs: 7n, timeBootMs: 9 } },
    { systemId: 1, componentId: 1, sequence: 0, version: 1 },
  )
  const log = join(
    record(1_700_000_000_000_000n, heartbeat),
    record(1_700_000_000_100_000n, stranger([1])),
    record(1_700_000_000_200_000n, heartbeat),
  )

  it('give each frame its time', () => {
    const { frames, skipped } = readTlog(log)
    deepStrictEqual(skipped, [])
    deepStrictEqual(
      frames.map(f => [f.timeUs, f.id]),
      [
        [1_700_000_000_000_000, 2],
        [1_700_000_000_100_000, 4242],
        [1_700_000_000_200_000, 2],
      ],
    )
  })

  it('are read up to any cut, which is reported with its offset', () => {
    const starts = [0, 28, 28 + 8 + 13, log.length]
    for (let cut = 0; cut < log.length; cut++) {
      const { frames, skipped } = readTlog(log.subarray(0, cut))
      const whole = starts.filter(start => start > 0 && start <= cut).length
      strictEqual(frames.length, whole, `cut at ${cut}`)
      const from = starts[whole] ?? 0
      deepStrictEqual(
        skipped,
        cut === from ? [] : [{ offset: from, reason: 'truncated', length: cut - from }],
        `cut at ${cut}`,
      )
    }
  })

  it('are read on behind a damaged part', () => {
    const { frames, skipped } = readTlog(join(log, [1, 2, 3, 0xfe, 5], log))
    strictEqual(frames.filter(f => f.crc === 'ok').length, 4)
    deepStrictEqual(skipped, [{ offset: log.length, reason: 'garbage', length: 5 }])
  })
})

import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { crcByte, crcOf } from '../../../protocols/mavlink/crc.ts'
import type { FieldSpec } from '../../../protocols/mavlink/field-types.ts'
import {
  decodeMavlink,
  encodeMavlink,
  MavlinkEncodeError,
  type MavlinkMessage,
} from '../../../protocols/mavlink/index.ts'
import { MAVLINK_MESSAGES } from '../../../protocols/mavlink/messages.ts'
import { anyMessage, layoutFor, NAMES } from './arbitrary.ts'

const HEADER = { systemId: 7, componentId: 1, sequence: 200 } as const

/** Fixtures: hex of whole frames as a file of another release wrote them. A change that breaks one breaks peers. */
interface Fixture {
  readonly what: string
  readonly hex: string
  readonly frame: Readonly<Record<string, unknown>>
  readonly fields: Readonly<Record<string, unknown>>
}

const FIXTURES: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('fixtures/frames.json', import.meta.url), 'utf8'),
)

describe('protocols/mavlink: the message table', () => {
  it('has a checksum seed for every message that its own row explains', () => {
    for (const name of NAMES) strictEqual(seedFromRow(name), MAVLINK_MESSAGES[name].crcExtra, name)
  })

  it('orders the fields as MAVLink does: largest type first, extensions last', () => {
    for (const name of NAMES) {
      const { fields } = layoutFor(name)
      const firstExtension = fields.findIndex(f => f.ext)
      if (firstExtension >= 0)
        ok(
          fields.slice(firstExtension).every(f => f.ext),
          name,
        )
      const sizes = fields
        .filter(f => !f.ext)
        .map(f => ({ u64: 8, i64: 8, u32: 4, i32: 4, f32: 4, u16: 2, i16: 2, u8: 1, i8: 1, char: 1 })[f.type])
      deepStrictEqual(
        sizes,
        sizes.toSorted((a, b) => b - a),
        name,
      )
    }
  })

  it('gives each message an id of its own', () => {
    strictEqual(new Set(NAMES.map(name => MAVLINK_MESSAGES[name].id)).size, NAMES.length)
  })
})

describe('protocols/mavlink: encode and decode', () => {
  it('reads the golden frames, and writes the same bytes again', () => {
    ok(FIXTURES.length >= 5)
    for (const { what, hex, frame, fields } of FIXTURES) {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
      const { frames, skipped } = decodeMavlink(bytes)
      deepStrictEqual(skipped, [], what)
      strictEqual(frames.length, 1, what)
      const [got] = frames
      ok(got)
      for (const [key, value] of Object.entries(frame))
        strictEqual(Reflect.get(got, key), value, `${what}: ${key}`)
      for (const [key, value] of Object.entries(fields))
        deepStrictEqual(Reflect.get(got.fields ?? {}, key), value, `${what}: ${key}`)
      if (got.name === null) continue
      const { version, systemId, componentId, sequence, payload } = got
      // Some senders put extensions into MAVLink 1 frames. We read them; we don't write them.
      if (version === 1 && payload.length > layoutFor(got.name).baseLength) continue
      const again = encodeMavlink(got as MavlinkMessage, { version, systemId, componentId, sequence })
      deepStrictEqual(again, bytes, what)
    }
  })

  it('returns what was encoded, for any message and any values', () => {
    fc.assert(
      fc.property(anyMessage, message => {
        const { frames, skipped } = decodeMavlink(encodeMavlink(message, HEADER))
        deepStrictEqual(skipped, [])
        const [frame] = frames
        strictEqual(frames.length, 1)
        deepStrictEqual(
          { ...HEADER, name: message.name, crc: 'ok', fields: message.fields },
          {
            systemId: frame?.systemId,
            componentId: frame?.componentId,
            sequence: frame?.sequence,
            name: frame?.name,
            crc: frame?.crc,
            fields: frame?.fields,
          },
        )
      }),
      { numRuns: 500 },
    )
  })

  it('carries the fields without extensions in MAVLink 1', () => {
    fc.assert(
      fc.property(
        anyMessage.filter(m => MAVLINK_MESSAGES[m.name].id < 256),
        message => {
          const layout = layoutFor(message.name)
          const bytes = encodeMavlink(message, { ...HEADER, version: 1 })
          strictEqual(bytes.length, layout.baseLength + 8)
          const [frame] = decodeMavlink(bytes).frames
          for (const field of layout.fields)
            if (!field.ext)
              deepStrictEqual(
                Reflect.get(frame?.fields ?? {}, field.key),
                Reflect.get(message.fields, field.key),
              )
        },
      ),
    )
  })

  it('leaves out zeros at the end in MAVLink 2, but never the first byte', () => {
    const message: MavlinkMessage = {
      name: 'COMMAND_ACK',
      fields: { command: 0, result: 0, progressPct: 0, resultParam2: 0, targetSystem: 0, targetComponent: 0 },
    }
    strictEqual(encodeMavlink(message, HEADER).length, 10 + 1 + 2)
    strictEqual(encodeMavlink(message, { ...HEADER, version: 1 }).length, 6 + 3 + 2)
  })

  it('writes an extension that is left out as unknown', () => {
    const [frame] = decodeMavlink(
      encodeMavlink({ name: 'COMMAND_ACK', fields: { command: 400, result: 0 } }, HEADER),
    ).frames
    deepStrictEqual(frame?.name === 'COMMAND_ACK' && frame.fields.progressPct, null)
  })

  it('refuses what does not fit, and says which field and what it takes', () => {
    const position = {
      timeBootMs: 1,
      latE7: 1,
      lonE7: 2,
      altAmslMm: 3,
      altHomeMm: 4,
      vNorthMps: 400,
      vEastMps: 0,
      vDownMps: 0,
      headingDeg: null,
    }
    const refused = (message: MavlinkMessage, version: 1 | 2 = 2): string => {
      try {
        encodeMavlink(message, { ...HEADER, version })
      } catch (error) {
        ok(error instanceof MavlinkEncodeError)
        return `${error.code}: ${error.message}`
      }
      throw new Error('was not refused')
    }
    strictEqual(
      refused({ name: 'GLOBAL_POSITION_INT', fields: position }),
      'out-of-range: MAVLink GLOBAL_POSITION_INT.vNorthMps: is 400; it takes -327.68 to 327.67',
    )
    strictEqual(
      refused({ name: 'GLOBAL_POSITION_INT', fields: { ...position, vNorthMps: Number.NaN } }),
      'out-of-range: MAVLink GLOBAL_POSITION_INT.vNorthMps: is NaN; it takes -327.68 to 327.67',
    )
    strictEqual(
      refused({ name: 'STATUSTEXT', fields: { severity: 6, text: 'x'.repeat(51) } }),
      'out-of-range: MAVLink STATUSTEXT.text: is 51 bytes of text; at most 50 fit',
    )
    strictEqual(
      refused({ name: 'MISSION_ITEM_REACHED', fields: {} } as unknown as MavlinkMessage),
      'missing-field: MAVLink MISSION_ITEM_REACHED.seq: is missing; give it a value',
    )
    ok(
      refused({ name: 'UTM_GLOBAL_POSITION', fields: {} } as unknown as MavlinkMessage, 1).startsWith(
        'bad-header',
      ),
    )
    throws(
      () => encodeMavlink({ name: 'MISSION_ITEM_REACHED', fields: { seq: 1 } }, { ...HEADER, systemId: 256 }),
      { code: 'bad-header' },
    )
  })
})

/** The seed as the MAVLink generator makes it: a checksum over the message's name and its base fields. */
function seedFromRow(name: keyof typeof MAVLINK_MESSAGES): number {
  const C_NAMES = {
    u8: 'uint8_t',
    i8: 'int8_t',
    u16: 'uint16_t',
    i16: 'int16_t',
    u32: 'uint32_t',
    i32: 'int32_t',
    u64: 'uint64_t',
    i64: 'int64_t',
    f32: 'float',
    char: 'char',
  } as const
  const text = (s: string, crc: number): number => {
    const bytes = new TextEncoder().encode(s)
    return crcOf(bytes, 0, bytes.length, crc)
  }
  let crc = text(`${name} `, 0xffff)
  for (const [wireName, type, options] of Object.values<FieldSpec>(MAVLINK_MESSAGES[name].fields)) {
    if (options?.ext) continue
    // The definitions give HEARTBEAT's version byte a type of its own, which is a uint8_t in the seed.
    crc = text(`${C_NAMES[type]} ${wireName} `, crc)
    if (options?.count) crc = crcByte(crc, options.count)
  }
  return (crc & 0xff) ^ (crc >> 8)
}

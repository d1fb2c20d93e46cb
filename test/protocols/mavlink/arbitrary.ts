import fc from 'fast-check'
import { WIRE_SIZE, type WireType } from '../../../protocols/mavlink/field-types.ts'
import type { MavlinkMessage, MavlinkName } from '../../../protocols/mavlink/index.ts'
import { type FieldLayout, layoutByName, type MessageLayout } from '../../../protocols/mavlink/layout.ts'
import { MAVLINK_MESSAGES } from '../../../protocols/mavlink/messages.ts'

export const NAMES = Object.keys(MAVLINK_MESSAGES) as MavlinkName[]

export function layoutFor(name: MavlinkName): MessageLayout {
  const layout = layoutByName(name)
  if (!layout) throw new Error(`${name} has no layout`)
  return layout
}

/** Any message of the table with any values its wire types can hold. */
export const anyMessage: fc.Arbitrary<MavlinkMessage> = fc.constantFrom(...NAMES).chain(messageOf)

export function messageOf(name: MavlinkName): fc.Arbitrary<MavlinkMessage> {
  const fields = Object.fromEntries(layoutFor(name).fields.map(field => [field.key, anyField(field)]))
  return fc
    .record(fields, { noNullPrototype: true })
    .map(values => ({ name, fields: values }) as unknown as MavlinkMessage)
}

function anyField(field: FieldLayout): fc.Arbitrary<unknown> {
  const { type, count, per, unknown } = field
  if (type === 'char') return anyText(count)
  if (type === 'u64') return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  if (type === 'i64') return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  if (type === 'u8' && count > 0) return fc.uint8Array({ minLength: count, maxLength: count })
  const one = anyRaw(type).map(raw => (raw === unknown ? null : per === 1 ? raw : raw / per))
  return count === 0 ? one : fc.array(one, { minLength: count, maxLength: count })
}

function anyRaw(type: WireType): fc.Arbitrary<number> {
  if (type === 'f32') return fc.float()
  const bits = WIRE_SIZE[type] * 8
  return type.startsWith('i')
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 })
}

function anyText(bytes: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: fc.constantFrom(...'abz 09~é→'), maxLength: bytes })
    .filter(text => new TextEncoder().encode(text).length <= bytes)
}

import { WIRE_SIZE, type WireType } from './field-types.ts'
import type { FieldLayout, MessageLayout } from './layout.ts'

/** A message that cannot be put on the wire as given. */
export class MavlinkEncodeError extends Error {
  override readonly name = 'MavlinkEncodeError'
  readonly code: 'unknown-message' | 'missing-field' | 'out-of-range' | 'bad-value' | 'bad-header'
  readonly messageName: string
  readonly field: string | null

  constructor(code: MavlinkEncodeError['code'], message: string, field: string | null, what: string) {
    super(`MAVLink ${message}${field === null ? '' : `.${field}`}: ${what}`)
    this.code = code
    this.messageName = message
    this.field = field
  }
}

type Value = number | bigint | string | Uint8Array | null | readonly (number | null)[]

/** Decodes a payload; bytes that MAVLink 2 trimmed, or an older sender never had, read as zero. */
export function decodePayload(layout: MessageLayout, payload: Uint8Array): Record<string, Value> {
  const whole = new Uint8Array(layout.length)
  whole.set(payload.length > layout.length ? payload.subarray(0, layout.length) : payload)
  const view = new DataView(whole.buffer)
  const fields: Record<string, Value> = {}
  for (const field of layout.fields) fields[field.key] = readField(field, whole, view)
  return fields
}

function readField(field: FieldLayout, bytes: Uint8Array, view: DataView): Value {
  const { offset, type, count } = field
  if (type === 'char') return readText(bytes.subarray(offset, offset + Math.max(count, 1)))
  if (count === 0) return readScalar(field, view, offset)
  if (type === 'u8') return bytes.slice(offset, offset + count)
  return Array.from({ length: count }, (_, i) => readNumber(field, view, offset + i * WIRE_SIZE[type]))
}

function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

function readScalar(field: FieldLayout, view: DataView, at: number): number | bigint | null {
  if (field.type === 'u64') return view.getBigUint64(at, true)
  if (field.type === 'i64') return view.getBigInt64(at, true)
  return readNumber(field, view, at)
}

function readNumber(field: FieldLayout, view: DataView, at: number): number | null {
  const raw = readRaw(field.type, view, at)
  if (raw === field.unknown) return null
  return field.per === 1 ? raw : raw / field.per
}

function readRaw(type: WireType, view: DataView, at: number): number {
  switch (type) {
    case 'u8':
      return view.getUint8(at)
    case 'i8':
      return view.getInt8(at)
    case 'u16':
      return view.getUint16(at, true)
    case 'i16':
      return view.getInt16(at, true)
    case 'u32':
      return view.getUint32(at, true)
    case 'i32':
      return view.getInt32(at, true)
    case 'f32':
      return view.getFloat32(at, true)
    default:
      throw new TypeError(`${type} is no number`)
  }
}

/**
 * Encodes fields into a payload of full length, or without extensions.
 * Throws MavlinkEncodeError for a missing field, a value that does not fit, or text that is too long.
 */
export function encodePayload(
  layout: MessageLayout,
  fields: Readonly<Record<string, unknown>>,
  withExtensions: boolean,
): Uint8Array {
  const bytes = new Uint8Array(withExtensions ? layout.length : layout.baseLength)
  const view = new DataView(bytes.buffer)
  for (const field of layout.fields) {
    if (field.ext && !withExtensions) continue
    const value = fields[field.key]
    if (value === undefined && field.ext) writeMissing(field, view)
    else if (value === undefined)
      throw new MavlinkEncodeError('missing-field', layout.name, field.key, 'is missing; give it a value')
    else writeField(layout, field, value, bytes, view)
  }
  return bytes
}

/** An extension left out is zero, or the value that says "not known". */
function writeMissing(field: FieldLayout, view: DataView): void {
  const { unknown, offset, type, count } = field
  if (unknown === undefined || unknown === 0) return
  for (let i = 0; i < Math.max(count, 1); i++) writeRaw(type, view, offset + i * WIRE_SIZE[type], unknown)
}

function writeField(
  layout: MessageLayout,
  field: FieldLayout,
  value: unknown,
  bytes: Uint8Array,
  view: DataView,
): void {
  const { offset, type, count } = field
  const refuse = (code: MavlinkEncodeError['code'], what: string): never => {
    throw new MavlinkEncodeError(code, layout.name, field.key, what)
  }
  if (type === 'char') {
    const text =
      typeof value === 'string' ? new TextEncoder().encode(value) : refuse('bad-value', 'must be text')
    if (text.length > count) refuse('out-of-range', `is ${text.length} bytes of text; at most ${count} fit`)
    bytes.set(text, offset)
    return
  }
  if (count === 0) {
    writeScalar(field, value, view, offset, refuse)
    return
  }
  const list =
    Array.isArray(value) || value instanceof Uint8Array ? value : refuse('bad-value', 'must be a list')
  if (list.length !== count) refuse('out-of-range', `has ${list.length} elements; it takes exactly ${count}`)
  for (let i = 0; i < count; i++) writeScalar(field, list[i], view, offset + i * WIRE_SIZE[type], refuse)
}

type Refuse = (code: MavlinkEncodeError['code'], what: string) => never

function writeScalar(field: FieldLayout, value: unknown, view: DataView, at: number, refuse: Refuse): void {
  const { type, per, unknown } = field
  if (type === 'u64' || type === 'i64') {
    const big = typeof value === 'bigint' ? value : refuse('bad-value', 'must be a bigint')
    if ((type === 'u64' ? BigInt.asUintN(64, big) : BigInt.asIntN(64, big)) !== big)
      refuse('out-of-range', `is ${big}, which does not fit ${type}`)
    if (type === 'u64') view.setBigUint64(at, big, true)
    else view.setBigInt64(at, big, true)
    return
  }
  if (value === null) {
    writeRaw(
      type,
      view,
      at,
      unknown ?? refuse('bad-value', 'cannot be null: MAVLink has no "unknown" for it'),
    )
    return
  }
  const given = typeof value === 'number' ? value : refuse('bad-value', 'must be a number')
  if (type === 'f32') {
    view.setFloat32(at, given, true)
    return
  }
  const raw = Math.round(given * per)
  const [low, high] = rangeOf(type)
  if (!(raw >= low && raw <= high))
    refuse('out-of-range', `is ${given}; it takes ${low / per} to ${high / per}`)
  writeRaw(type, view, at, raw)
}

function rangeOf(type: WireType): readonly [number, number] {
  const bits = WIRE_SIZE[type] * 8
  return type.startsWith('i') ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
}

function writeRaw(type: WireType, view: DataView, at: number, raw: number): void {
  switch (type) {
    case 'u8':
      view.setUint8(at, raw)
      return
    case 'i8':
      view.setInt8(at, raw)
      return
    case 'u16':
      view.setUint16(at, raw, true)
      return
    case 'i16':
      view.setInt16(at, raw, true)
      return
    case 'u32':
      view.setUint32(at, raw, true)
      return
    case 'i32':
      view.setInt32(at, raw, true)
      return
    case 'f32':
      view.setFloat32(at, raw, true)
      return
    default:
      throw new TypeError(`${type} is no number`)
  }
}

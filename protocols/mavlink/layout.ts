import { type FieldSpec, type MessageSpec, WIRE_SIZE, type WireType } from './field-types.ts'
import { MAVLINK_MESSAGES, type MavlinkName } from './messages.ts'

/** Where and how one field lies in the payload. */
export interface FieldLayout {
  readonly key: string
  readonly offset: number
  readonly type: WireType
  /** 0 = a single value. */
  readonly count: number
  readonly per: number
  readonly unknown: number | undefined
  readonly ext: boolean
}

export interface MessageLayout {
  readonly name: MavlinkName
  readonly id: number
  readonly crcExtra: number
  /** Payload bytes without extensions: what MAVLink 1 carries. */
  readonly baseLength: number
  /** Payload bytes with extensions. */
  readonly length: number
  readonly fields: readonly FieldLayout[]
}

function layoutOf(name: MavlinkName, spec: MessageSpec): MessageLayout {
  const fields: FieldLayout[] = []
  let offset = 0
  let baseLength = 0
  for (const [key, field] of Object.entries<FieldSpec>(spec.fields)) {
    const [, type, { count = 0, per = 1, unknown, ext = false } = {}] = field
    fields.push({ key, offset, type, count, per, unknown, ext })
    offset += WIRE_SIZE[type] * Math.max(count, 1)
    if (!ext) baseLength = offset
  }
  return { name, id: spec.id, crcExtra: spec.crcExtra, baseLength, length: offset, fields }
}

const NAMES = Object.keys(MAVLINK_MESSAGES) as MavlinkName[]
const BY_ID = new Map<number, MessageLayout>()
const BY_NAME = new Map<string, MessageLayout>()
for (const name of NAMES) {
  const layout = layoutOf(name, MAVLINK_MESSAGES[name])
  BY_ID.set(layout.id, layout)
  BY_NAME.set(name, layout)
}

export const layoutById = (id: number): MessageLayout | undefined => BY_ID.get(id)
export const layoutByName = (name: string): MessageLayout | undefined => BY_NAME.get(name)

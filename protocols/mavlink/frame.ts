import { crcByte, crcOf } from './crc.ts'
import { layoutById, type MessageLayout } from './layout.ts'
import { SIGNATURE_LENGTH } from './signing.ts'

export const MAGIC_V1 = 0xfe
export const MAGIC_V2 = 0xfd
export const HEADER_V1 = 6
export const HEADER_V2 = 10
export const CRC_LENGTH = 2
/** The one incompatibility flag of MAVLink 2 so far; a frame with any other must be dropped, says the protocol. */
export const FLAG_SIGNED = 0x01

/** Why bytes are no frame. */
export type FrameFault = 'garbage' | 'bad-crc' | 'unsupported-flags'

/** A frame's place and header. `layout` undefined = a message we don't know, whose checksum can't be checked. */
export interface RawFrame {
  readonly offset: number
  readonly length: number
  readonly version: 1 | 2
  readonly id: number
  readonly sequence: number
  readonly systemId: number
  readonly componentId: number
  readonly payloadAt: number
  readonly payloadLength: number
  readonly signed: boolean
  readonly layout: MessageLayout | undefined
}

/** Reads the frame at `offset`; `short` = more bytes are needed to tell. */
export function frameAt(bytes: Uint8Array, offset: number): RawFrame | FrameFault | 'short' {
  const magic = bytes[offset]
  if (magic === undefined) return 'short'
  if (magic !== MAGIC_V1 && magic !== MAGIC_V2) return 'garbage'
  const headerLength = magic === MAGIC_V1 ? HEADER_V1 : HEADER_V2
  if (offset + headerLength > bytes.length) return 'short'
  const byte = (i: number): number => bytes[offset + i] ?? 0
  const flags = magic === MAGIC_V2 ? byte(2) : 0
  if (flags & ~FLAG_SIGNED) return 'unsupported-flags'
  const payloadLength = byte(1)
  const payloadAt = offset + headerLength
  const crcAt = payloadAt + payloadLength
  const end = crcAt + CRC_LENGTH + (flags & FLAG_SIGNED ? SIGNATURE_LENGTH : 0)
  if (end > bytes.length) return 'short'
  const ids = headerLength - (magic === MAGIC_V1 ? 4 : 6)
  const id = magic === MAGIC_V1 ? byte(5) : byte(7) | (byte(8) << 8) | (byte(9) << 16)
  const layout = layoutById(id)
  if (layout) {
    const crc = crcByte(crcOf(bytes, offset + 1, crcAt), layout.crcExtra)
    if (crc !== ((bytes[crcAt] ?? 0) | ((bytes[crcAt + 1] ?? 0) << 8))) return 'bad-crc'
  }
  return {
    offset,
    length: end - offset,
    version: magic === MAGIC_V1 ? 1 : 2,
    id,
    sequence: byte(ids),
    systemId: byte(ids + 1),
    componentId: byte(ids + 2),
    payloadAt,
    payloadLength,
    signed: (flags & FLAG_SIGNED) !== 0,
    layout,
  }
}

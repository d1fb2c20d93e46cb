import { crcByte, crcOf } from './crc.ts'
import { CRC_LENGTH, FLAG_SIGNED, HEADER_V1, HEADER_V2, MAGIC_V1, MAGIC_V2 } from './frame.ts'
import { layoutByName } from './layout.ts'
import type { MavlinkMessage } from './messages.ts'
import { encodePayload, MavlinkEncodeError } from './payload.ts'
import { SIGNATURE_LENGTH, type SigningKey, signatureOf } from './signing.ts'

export interface EncodeOptions {
  readonly systemId: number
  readonly componentId: number
  /** 0..255, one up with every frame sent: receivers count losses by it. */
  readonly sequence: number
  /** MAVLink 1 carries no extensions and no message ids above 255. @default 2 */
  readonly version?: 1 | 2
  /** Signs the frame (MAVLink 2 only). `timestamp10us`: tens of microseconds since 2015-01-01, must rise. */
  readonly sign?: SigningKey & { readonly linkId: number; readonly timestamp10us: number }
}

/** Encodes one message as a frame. Throws MavlinkEncodeError if a field or a header value cannot be carried. */
export function encodeMavlink(message: MavlinkMessage, options: EncodeOptions): Uint8Array {
  const { version = 2, systemId, componentId, sequence, sign } = options
  const layout = layoutByName(message.name)
  if (!layout)
    throw new MavlinkEncodeError('unknown-message', message.name, null, 'is not in the message table')
  for (const [what, value] of Object.entries({ systemId, componentId, sequence }))
    if (!Number.isInteger(value) || value < 0 || value > 255)
      throw new MavlinkEncodeError('bad-header', message.name, null, `${what} is ${value}; it takes 0 to 255`)
  if (version === 1 && (layout.id > 255 || sign))
    throw new MavlinkEncodeError(
      'bad-header',
      message.name,
      null,
      'needs MAVLink 2 (id above 255, or signed)',
    )

  const whole = encodePayload(layout, message.fields, version === 2)
  const payload = version === 1 ? whole : trimZeros(whole)
  const ids = [sequence, systemId, componentId]
  const header =
    version === 1
      ? [MAGIC_V1, payload.length, ...ids, layout.id]
      : [MAGIC_V2, payload.length, sign ? FLAG_SIGNED : 0, 0, ...ids, ...littleEndian(layout.id, 3)]
  const crcAt = (version === 1 ? HEADER_V1 : HEADER_V2) + payload.length
  const frame = new Uint8Array(crcAt + CRC_LENGTH + (sign ? SIGNATURE_LENGTH : 0))
  frame.set(header)
  frame.set(payload, header.length)
  frame.set(littleEndian(crcByte(crcOf(frame, 1, crcAt), layout.crcExtra), CRC_LENGTH), crcAt)
  if (sign) {
    const trailerAt = crcAt + CRC_LENGTH
    frame.set([sign.linkId, ...littleEndian(sign.timestamp10us, 6)], trailerAt)
    frame.set(signatureOf(sign, frame.subarray(0, trailerAt + 7)), trailerAt + 7)
  }
  return frame
}

/** MAVLink 2 leaves out zeros at the end of the payload, but for its first byte. */
function trimZeros(payload: Uint8Array): Uint8Array {
  let length = payload.length
  while (length > 1 && payload[length - 1] === 0) length--
  return payload.subarray(0, length)
}

function littleEndian(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256)
}

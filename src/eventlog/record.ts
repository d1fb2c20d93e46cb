import { crc32c } from './crc32c.ts'
import { MalformedError, UnsupportedVersionError } from './errors.ts'

/**
 * Every value of the log is a record: CRC-32C (4 bytes, big-endian) of all that follows, one byte of record
 * format, payload. The checksum tells a flipped bit from a forged event; the hash chain tells the rest.
 */
const RECORD_FORMAT = 1
const HEAD_BYTES = 5

export function sealRecord(payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + payload.byteLength)
  record[4] = RECORD_FORMAT
  record.set(payload, HEAD_BYTES)
  const crc = crc32c(record, 4)
  for (let i = 0; i < 4; i++) record[i] = crc >>> (24 - 8 * i)
  return record
}

/** Whether the record is exactly as it was written. */
export function checksumHolds(record: Uint8Array): boolean {
  if (record.byteLength < HEAD_BYTES) return false
  const [a = 0, b = 0, c = 0, d = 0] = record
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 === crc32c(record, 4)
}

/**
 * The payload of a record, a view into it.
 * @throws MalformedError if the checksum does not hold, UnsupportedVersionError if it does in a newer format.
 */
export function openRecord(record: Uint8Array): Uint8Array {
  if (!checksumHolds(record))
    throw new MalformedError('record', `checksum of ${record.byteLength} bytes fails`)
  return payloadOf(record)
}

/** The same of a record whose checksum was found to hold. @throws UnsupportedVersionError */
export function payloadOf(record: Uint8Array): Uint8Array {
  const format = record[4] ?? 0
  if (format !== RECORD_FORMAT) throw new UnsupportedVersionError('log record', format, [RECORD_FORMAT])
  // A plain view even if the record is a Buffer: cutting those up costs three times as much.
  return new Uint8Array(record.buffer, record.byteOffset + HEAD_BYTES, record.byteLength - HEAD_BYTES)
}

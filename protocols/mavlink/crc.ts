const TABLE = new Uint16Array(256).map((_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1
  return crc
})

/** Checksum of nothing. */
const CRC_START = 0xffff

/** One more byte into a running checksum. */
export const crcByte = (crc: number, byte: number): number => (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0)

/** MAVLink's checksum, CRC-16/MCRF4XX (X.25 without the final inversion), of bytes [from, to). */
export function crcOf(bytes: Uint8Array, from: number, to: number, start = CRC_START): number {
  let crc = start
  for (let i = from; i < to; i++) crc = crcByte(crc, bytes[i] ?? 0)
  return crc
}

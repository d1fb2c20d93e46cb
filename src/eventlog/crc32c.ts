// Reflected form of the Castagnoli polynomial 0x1EDC6F41 (RFC 3720, appendix B.4).
const POLYNOMIAL = 0x82f63b78

const TABLE = new Int32Array(256)
for (let i = 0; i < 256; i++) {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  TABLE[i] = crc
}

/** CRC-32C of `bytes` from `start` on, as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, start = 0): number {
  let crc = -1
  for (let i = start; i < bytes.byteLength; i++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0)
  }
  return ~crc >>> 0
}

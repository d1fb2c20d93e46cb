/** A small MAVLink codec: 34 messages as one table, MAVLink 1 and 2, signatures, .tlog. No I/O, runs anywhere. */
export {
  type DecodeOptions,
  decodeMavlink,
  type MavlinkBatch,
  MavlinkDecoder,
  type MavlinkFrame,
  readTlog,
  type TlogFrame,
} from './decode.ts'
export { type EncodeOptions, encodeMavlink } from './encode.ts'
export type { MavlinkFields, MavlinkMessage, MavlinkName } from './messages.ts'
export { MavlinkEncodeError } from './payload.ts'
export type { Skipped } from './scanner.ts'
export type { SignatureVerdict, SigningKey } from './signing.ts'

/** A small MAVLink codec: 34 messages as one table, MAVLink 1 and 2, signatures, .tlog. No I/O, runs anywhere. */
export {
  decodeMavlink,
  type MavlinkBatch,
  MavlinkDecoder,
  type MavlinkFrame,
  readTlog,
  type TlogFrame,
} from './decode.ts'
export { encodeMavlink } from './encode.ts'
export type { MavlinkMessage, MavlinkName } from './messages.ts'
export { MavlinkEncodeError } from './payload.ts'
export type { Skipped } from './scanner.ts'

import type { RawFrame } from './frame.ts'
import type { MavlinkFields, MavlinkName } from './messages.ts'
import { decodePayload } from './payload.ts'
import { Scanner, type Skipped } from './scanner.ts'
import { SignatureChecker, type SignatureVerdict, type SigningKey } from './signing.ts'

interface FrameHeader {
  /** Of the frame's first byte in the input. */
  readonly offset: number
  readonly length: number
  readonly version: 1 | 2
  readonly id: number
  readonly sequence: number
  readonly systemId: number
  readonly componentId: number
  readonly signature: SignatureVerdict
  /** As received: MAVLink 2 leaves out zeros at the end. */
  readonly payload: Uint8Array
}

type KnownFrame = {
  [N in MavlinkName]: FrameHeader & {
    readonly name: N
    readonly crc: 'ok'
    readonly fields: MavlinkFields<N>
  }
}[MavlinkName]

/** A message of another dialect: its checksum cannot be checked without its definition. */
type UnknownFrame = FrameHeader & { readonly name: null; readonly crc: 'unchecked'; readonly fields: null }

/** One frame. Frames with a wrong checksum are no frames: they are among what was skipped, as `bad-crc`. */
export type MavlinkFrame = KnownFrame | UnknownFrame

/** A frame of a .tlog with the time at which the log's writer received it, microseconds since 1970. */
export type TlogFrame = MavlinkFrame & { readonly timeUs: number }

export interface MavlinkBatch<F = MavlinkFrame> {
  readonly frames: readonly F[]
  readonly skipped: readonly Skipped[]
}

export interface DecodeOptions {
  /** Checks the signatures of MAVLink 2 frames. @default none: signed frames are `unchecked` */
  readonly signing?: SigningKey
}

const TLOG_TIME_LENGTH = 8

/**
 * Decodes a stream that arrives in pieces. Any bytes are fine: it never throws, and it finds the next frame
 * after garbage. The frames and the skipped runs are the same however the input is cut.
 * Holds back at most two frames' bytes (560) until it can tell what they are.
 */
export class MavlinkDecoder {
  readonly #scanner = new Scanner(0)
  readonly #signatures: SignatureChecker
  #rest = new Uint8Array(0)
  #base = 0

  constructor(options: DecodeOptions = {}) {
    this.#signatures = new SignatureChecker(options.signing)
  }

  /** Takes the next piece; a skipped run is told once it has ended. */
  push(chunk: Uint8Array): MavlinkBatch {
    return this.#take(chunk, false)
  }

  /** Nothing follows: tells what is left over. */
  end(): MavlinkBatch {
    return this.#take(new Uint8Array(0), true)
  }

  #take(chunk: Uint8Array, ended: boolean): MavlinkBatch {
    const bytes = this.#rest.length === 0 ? plain(chunk) : concat(this.#rest, chunk)
    const { frames, skipped, consumed } = this.#scanner.scan(bytes, this.#base, ended)
    const decoded = frames.map(frame => toFrame(bytes, this.#base, frame, this.#signatures))
    this.#rest = bytes.slice(consumed)
    this.#base += consumed
    return { frames: decoded, skipped }
  }
}

/** Decodes a whole byte stream: MAVLink 1 and 2 frames, in order, and what lay between them. Never throws. */
export function decodeMavlink(input: Uint8Array, options: DecodeOptions = {}): MavlinkBatch {
  const bytes = plain(input)
  const signatures = new SignatureChecker(options.signing)
  const { frames, skipped } = new Scanner(0).scan(bytes, 0, true)
  return { frames: frames.map(frame => toFrame(bytes, 0, frame, signatures)), skipped }
}

/**
 * Reads a telemetry log (.tlog of Mission Planner, QGroundControl and others): before each frame eight bytes,
 * big-endian microseconds since 1970. Never throws; a log cut short ends in a skipped run with the reason
 * `truncated` and the offset of the incomplete record.
 */
export function readTlog(input: Uint8Array, options: DecodeOptions = {}): MavlinkBatch<TlogFrame> {
  const bytes = plain(input)
  const signatures = new SignatureChecker(options.signing)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { frames, skipped } = new Scanner(TLOG_TIME_LENGTH).scan(bytes, 0, true)
  const timed = frames.map(frame => ({
    ...toFrame(bytes, 0, frame, signatures),
    timeUs: Number(view.getBigUint64(frame.offset - TLOG_TIME_LENGTH)),
  }))
  return { frames: timed, skipped }
}

function toFrame(bytes: Uint8Array, base: number, raw: RawFrame, signatures: SignatureChecker): MavlinkFrame {
  const { offset, length, version, id, sequence, systemId, componentId, layout } = raw
  const payload = bytes.slice(raw.payloadAt, raw.payloadAt + raw.payloadLength)
  const signature = raw.signed ? signatures.check(bytes.subarray(offset, offset + length)) : 'unsigned'
  const header = { offset: base + offset, length, version, id, sequence, systemId, componentId }
  if (!layout) return { ...header, signature, payload, name: null, crc: 'unchecked', fields: null }
  const fields = decodePayload(layout, payload)
  // The table gives both the types and the layout; here, and only here, the one is taken for the other.
  return { ...header, signature, payload, name: layout.name, crc: 'ok', fields } as unknown as MavlinkFrame
}

/** Node's Buffer overrides `slice` to share memory; what we hand out must not change under its holder. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

import { INTENT_STATES, POSITION_STATUSES, type Position } from '../../src/position/position.ts'
import { HLC_MAX } from '../../src/time/hlc.ts'
import { FrameError } from '../frame-error.ts'
import { KEY_ID_LENGTH } from '../identity/key-directory.ts'

/*
 * The position report on the wire, version 1. Big-endian, fixed layout:
 *
 *   u8   version = 1
 *   u8   flags: 1 = full key, 2 = intent, bits 2-3 = number of tokens; others 0
 *   8 B  key id, or 32 B public key (flag 1)
 *   u32  boot            u32  seq           u64  hlc
 *   i32  lat 1e-7 deg    i32  lon 1e-7 deg  i32  altitude mm (WGS84 ellipsoid)
 *   i16  height dm above take-off or ground (-32768 = unknown)
 *   i16  vn cm/s         i16  ve cm/s       i16  vd cm/s
 *   u16  heading 0.01 deg (65535 = unknown)
 *   u16  accuracy h dm   u16  accuracy v dm (65535 = unknown)
 *   u8   status          u8   battery % (255 = unknown)    u8   validity, 100 ms
 *  [16 B intent id, u8 intent state]  (flag 2)
 *  [u64 token] x number of tokens
 *  64 B  Ed25519 signature over signing context and all before it
 *
 * 119 bytes as mostly sent. Newer versions are refused, not guessed at.
 */
const POSITION_VERSION = 1
export const SIGNATURE_LENGTH = 64
const KEY_LENGTH = 32
const BODY_LENGTH = 45
const INTENT_LENGTH = 17
const TOKEN_LENGTH = 8
const TOKENS_MAX = 3
const FLAG_KEY = 1
const FLAG_INTENT = 2
const UNKNOWN_I16 = -32_768
const UNKNOWN_U16 = 65_535
const UNKNOWN_U8 = 255
const U32 = 2 ** 32

/** What a report says, and whom it says it is by: the key, or its short id. */
export interface DecodedPosition {
  readonly key: Uint8Array
  readonly keyIsFull: boolean
  readonly position: Omit<Position, 'agent'>
  /** All before the signature. */
  readonly unsigned: Uint8Array
  readonly signature: Uint8Array
}

/** Encodes a report without its signature. `key`: the 32-byte public key, or its 8-byte id. */
export function encodePosition(position: Omit<Position, 'agent'>, key: Uint8Array): Uint8Array {
  const { intent, tokens } = position
  if (tokens.length > TOKENS_MAX) throw new RangeError(`a report carries at most ${TOKENS_MAX} tokens`)
  const length =
    2 + key.byteLength + BODY_LENGTH + (intent === null ? 0 : INTENT_LENGTH) + tokens.length * TOKEN_LENGTH
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  bytes[0] = POSITION_VERSION
  bytes[1] =
    (key.byteLength === KEY_LENGTH ? FLAG_KEY : 0) |
    (intent === null ? 0 : FLAG_INTENT) |
    (tokens.length << 2)
  bytes.set(key, 2)
  let at = writeBody(view, 2 + key.byteLength, position)
  if (intent !== null) {
    bytes.set(intent.id, at)
    bytes[at + 16] = INTENT_STATES.indexOf(intent.state)
    at += INTENT_LENGTH
  }
  for (const token of tokens) at = writeU64(view, at, token)
  return bytes
}

function writeBody(view: DataView, start: number, p: Omit<Position, 'agent'>): number {
  let at = start
  view.setUint32(at, p.boot)
  view.setUint32(at + 4, p.seq)
  at = writeU64(view, at + 8, p.hlc)
  view.setInt32(at, p.latE7)
  view.setInt32(at + 4, p.lonE7)
  view.setInt32(at + 8, p.altMm)
  view.setInt16(at + 12, p.heightDm === null ? UNKNOWN_I16 : clamp(p.heightDm, UNKNOWN_I16 + 1, 32_767))
  view.setInt16(at + 14, clamp(p.vnCms, -32_768, 32_767))
  view.setInt16(at + 16, clamp(p.veCms, -32_768, 32_767))
  view.setInt16(at + 18, clamp(p.vdCms, -32_768, 32_767))
  view.setUint16(at + 20, p.headingCdeg ?? UNKNOWN_U16)
  view.setUint16(at + 22, p.accHDm === null ? UNKNOWN_U16 : clamp(p.accHDm, 0, UNKNOWN_U16 - 1))
  view.setUint16(at + 24, p.accVDm === null ? UNKNOWN_U16 : clamp(p.accVDm, 0, UNKNOWN_U16 - 1))
  view.setUint8(at + 26, POSITION_STATUSES.indexOf(p.status))
  view.setUint8(at + 27, p.batteryPct ?? UNKNOWN_U8)
  view.setUint8(at + 28, clamp(Math.round(p.validMs / 100), 1, 255))
  return at + 29
}

/** Decodes a signed report. Throws FrameError on anything that is not exactly one. Checks no signature. */
export function decodePosition(bytes: Uint8Array): DecodedPosition {
  if (bytes.byteLength < 2)
    throw new FrameError('truncated', 'a position report has at least 2 bytes', bytes.byteLength)
  const version = bytes[0]
  if (version !== POSITION_VERSION) {
    throw new FrameError(
      'version',
      `position version ${version} is not ${POSITION_VERSION}: update this node`,
      0,
    )
  }
  const flags = bytes[1] ?? 0
  if (flags >> 4 !== 0) throw new FrameError('malformed', 'unknown flags in a position report', 1)
  const keyLength = (flags & FLAG_KEY) === 0 ? KEY_ID_LENGTH : KEY_LENGTH
  const intentLength = (flags & FLAG_INTENT) === 0 ? 0 : INTENT_LENGTH
  const tokenCount = flags >> 2
  const unsignedLength = 2 + keyLength + BODY_LENGTH + intentLength + tokenCount * TOKEN_LENGTH
  if (bytes.byteLength !== unsignedLength + SIGNATURE_LENGTH) {
    const code = bytes.byteLength < unsignedLength + SIGNATURE_LENGTH ? 'truncated' : 'oversize'
    throw new FrameError(
      code,
      `a position report of this kind has ${unsignedLength + SIGNATURE_LENGTH} bytes`,
      bytes.byteLength,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const body = 2 + keyLength
  const intentAt = body + BODY_LENGTH
  return {
    key: bytes.subarray(2, body),
    keyIsFull: keyLength === KEY_LENGTH,
    position: {
      ...readBody(view, body),
      intent: intentLength === 0 ? null : readIntent(bytes, intentAt),
      tokens: readTokens(view, intentAt + intentLength, tokenCount),
    },
    unsigned: bytes.subarray(0, unsignedLength),
    signature: bytes.subarray(unsignedLength),
  }
}

function readBody(view: DataView, start: number): Omit<Position, 'agent' | 'intent' | 'tokens'> {
  const hlc = readU64(view, start + 8)
  const at = start + 16
  const status = POSITION_STATUSES[view.getUint8(at + 26)]
  if (status === undefined) throw new FrameError('malformed', 'unknown status in a position report', at + 26)
  const heightDm = view.getInt16(at + 12)
  const headingCdeg = view.getUint16(at + 20)
  const accHDm = view.getUint16(at + 22)
  const accVDm = view.getUint16(at + 24)
  const batteryPct = view.getUint8(at + 27)
  const validMs = view.getUint8(at + 28) * 100
  if (validMs === 0) throw new FrameError('malformed', 'a position report that is never valid', at + 28)
  if (headingCdeg >= 36_000 && headingCdeg !== UNKNOWN_U16)
    throw new FrameError('malformed', 'heading beyond 360 degrees', at + 20)
  if (batteryPct > 100 && batteryPct !== UNKNOWN_U8)
    throw new FrameError('malformed', 'battery above 100 %', at + 27)
  return {
    boot: view.getUint32(start),
    seq: view.getUint32(start + 4),
    hlc,
    latE7: view.getInt32(at),
    lonE7: view.getInt32(at + 4),
    altMm: view.getInt32(at + 8),
    heightDm: heightDm === UNKNOWN_I16 ? null : heightDm,
    vnCms: view.getInt16(at + 14),
    veCms: view.getInt16(at + 16),
    vdCms: view.getInt16(at + 18),
    headingCdeg: headingCdeg === UNKNOWN_U16 ? null : headingCdeg,
    accHDm: accHDm === UNKNOWN_U16 ? null : accHDm,
    accVDm: accVDm === UNKNOWN_U16 ? null : accVDm,
    status,
    batteryPct: batteryPct === UNKNOWN_U8 ? null : batteryPct,
    validMs,
  }
}

function readIntent(bytes: Uint8Array, at: number): Position['intent'] {
  const state = INTENT_STATES[bytes[at + 16] ?? 255]
  if (state === undefined)
    throw new FrameError('malformed', 'unknown intent state in a position report', at + 16)
  return { id: Uint8Array.from(bytes.subarray(at, at + 16)), state }
}

function readTokens(view: DataView, start: number, count: number): readonly number[] {
  const tokens: number[] = []
  for (let i = 0; i < count; i++) tokens.push(readU64(view, start + i * TOKEN_LENGTH))
  return tokens
}

function writeU64(view: DataView, at: number, value: number): number {
  view.setUint32(at, Math.floor(value / U32))
  view.setUint32(at + 4, value % U32)
  return at + 8
}

function readU64(view: DataView, at: number): number {
  const value = view.getUint32(at) * U32 + view.getUint32(at + 4)
  if (value > HLC_MAX) throw new FrameError('malformed', 'a number above 2^53', at)
  return value
}

const clamp = (value: number, min: number, max: number): number =>
  Math.min(max, Math.max(min, Math.round(value)))

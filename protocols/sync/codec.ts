import { decode, encode } from 'cborg'
import type { PeerMessage, SyncMessage } from '../../src/agent/interface.ts'
import type { DigestEntry } from '../../src/crdt/anti-entropy.ts'
import { isCell } from '../../src/geo/cells.ts'
import type { SignedPosition } from '../../src/position/position.ts'
import { HLC_MAX } from '../../src/time/hlc.ts'
import { ACK_FRAME, COMMAND_FRAME, decodeCommandMessage, encodeCommandMessage } from '../command/messages.ts'
import { FrameError } from '../frame-error.ts'
import { KEY_ID_LENGTH, type KeyDirectory } from '../identity/key-directory.ts'
import type { Opener, Refusal } from '../position/sealing.ts'
import { decodeTrust, encodeTrust, type TrustDecoderInit } from '../trust/messages.ts'

/** Libp2p protocol of anti-entropy. One length-prefixed frame per message on a long-lived stream. */
export const SYNC_PROTOCOL = '/skein/sync/1'
export const SYNC_FRAME_MAX = 96 * 1024
const CELLS_MAX = 4_096
const POSITIONS_MAX = 512
const ENTRY_LENGTH = KEY_ID_LENGTH + 8
const U32 = 2 ** 32

/*
 * Canonical CBOR arrays:
 *   digest: [0, reply, cells, entries, from, to]   cells: text, comma-separated; entries: (8 B key id, u64 hlc) x n
 *   delta:  [1, [[cell, 32 B key, signed report], …]]
 *
 * Kinds 2 to 6 are of trust (trust/messages.ts), 7 and 8 of commands (command/messages.ts).
 */

/** Encodes a message. Authors go by key id in a digest and by full key in a delta, so that strangers are learned. */
export function encodeSync(message: PeerMessage, directory: KeyDirectory): Uint8Array {
  if (message.t === 'command' || message.t === 'command-ack') return encodeCommandMessage(message)
  if (message.t !== 'digest' && message.t !== 'delta') return encodeTrust(message)
  if (message.t === 'delta') {
    const rows = message.positions.flatMap(({ position, cell, bytes }) => {
      const known = directory.findAgent(position.agent)
      return known === null ? [] : [[cell, known.publicKey, bytes]]
    })
    return encode([1, rows])
  }
  const { digest } = message
  const entries = new Uint8Array(digest.entries.length * ENTRY_LENGTH)
  const view = new DataView(entries.buffer)
  let at = 0
  for (const { agent, hlc } of digest.entries) {
    const known = directory.findAgent(agent)
    if (known === null) continue
    entries.set(known.keyId, at)
    view.setUint32(at + KEY_ID_LENGTH, Math.floor(hlc / U32))
    view.setUint32(at + KEY_ID_LENGTH + 4, hlc % U32)
    at += ENTRY_LENGTH
  }
  return encode([0, message.reply, message.cells.join(','), entries.subarray(0, at), digest.from, digest.to])
}

/** What decoding needs: who is behind a key id, and how a report is opened. */
export interface SyncDecoderInit {
  readonly directory: KeyDirectory
  readonly open: Opener
  /** Null in an open swarm: nobody has certificates there. */
  readonly trust?: TrustDecoderInit | null
}

/** A message, and why reports in it were refused, one reason for each. */
export interface DecodedSync {
  readonly message: PeerMessage
  readonly refused: readonly Refusal[]
}

/**
 * Decodes a message and verifies the reports in it; those that fail are left out of it.
 * Throws FrameError on anything else than one well-formed message.
 */
export function decodeSync(bytes: Uint8Array, init: SyncDecoderInit): DecodedSync {
  if (bytes.byteLength > SYNC_FRAME_MAX)
    throw new FrameError('oversize', `a sync frame has at most ${SYNC_FRAME_MAX} bytes`, bytes.byteLength)
  let frame: unknown
  try {
    frame = decode(bytes, { strict: true, allowIndefinite: false, rejectDuplicateMapKeys: true })
  } catch (error) {
    throw new FrameError(
      'malformed',
      `a sync frame is no CBOR: ${error instanceof Error ? error.message : error}`,
      0,
    )
  }
  if (!Array.isArray(frame)) throw new FrameError('malformed', 'a sync frame is an array', 0)
  if (frame[0] === 0) return { message: readDigest(frame, init.directory), refused: [] }
  if (frame[0] === 1) return readDelta(frame, init)
  if (!init.trust) throw new FrameError('version', 'a sync frame of an unknown kind', 1)
  const isCommand = frame[0] === COMMAND_FRAME || frame[0] === ACK_FRAME
  const message = isCommand ? decodeCommandMessage(bytes, init.trust) : decodeTrust(bytes, init.trust)
  return { message, refused: [] }
}

function readDigest(frame: readonly unknown[], directory: KeyDirectory): SyncMessage {
  const [, reply, cellText, packed, from, to] = frame
  if (
    frame.length !== 6 ||
    typeof reply !== 'boolean' ||
    typeof cellText !== 'string' ||
    !(packed instanceof Uint8Array) ||
    !isBound(from) ||
    !isBound(to)
  ) {
    throw new FrameError('malformed', 'a digest is [0, reply, cells, entries, from, to]', 1)
  }
  if (packed.byteLength % ENTRY_LENGTH !== 0)
    throw new FrameError('truncated', 'digest entries have 16 bytes each', packed.byteLength)
  const cells = cellText === '' ? [] : cellText.split(',')
  if (cells.length > CELLS_MAX || !cells.every(isCell))
    throw new FrameError('malformed', 'a digest names cells that are none', 2)
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const entries: DigestEntry[] = []
  for (let at = 0; at < packed.byteLength; at += ENTRY_LENGTH) {
    const keyId = packed.subarray(at, at + KEY_ID_LENGTH)
    const hlc = view.getUint32(at + KEY_ID_LENGTH) * U32 + view.getUint32(at + KEY_ID_LENGTH + 4)
    if (hlc > HLC_MAX) throw new FrameError('malformed', 'a stamp above 2^53', at)
    // A stranger keeps a name of its own, so that the core sees there is somebody it lacks.
    entries.push({ agent: directory.find(keyId)?.agent ?? `unknown:${keyId.join('.')}`, hlc })
  }
  return { t: 'digest', cells, digest: { from, to, entries }, reply }
}

/** An agent id, or '' for no bound. */
function isBound(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64
}

function readDelta(frame: readonly unknown[], init: SyncDecoderInit): DecodedSync {
  const rows = frame[1]
  if (frame.length !== 2 || !Array.isArray(rows) || rows.length > POSITIONS_MAX)
    throw new FrameError('malformed', `a delta is [1, at most ${POSITIONS_MAX} reports]`, 1)
  const positions: SignedPosition[] = []
  const refused: Refusal[] = []
  for (const row of rows as readonly unknown[]) {
    const [cell, key, bytes] = Array.isArray(row) && row.length === 3 ? (row as readonly unknown[]) : []
    if (
      typeof cell !== 'string' ||
      !(key instanceof Uint8Array) ||
      key.byteLength !== 32 ||
      !(bytes instanceof Uint8Array)
    ) {
      throw new FrameError('malformed', 'a delta row is [cell, 32-byte key, report]', 1)
    }
    const opened = init.open(bytes, cell, key)
    if ('signed' in opened) positions.push(opened.signed)
    else refused.push(opened.refusal)
  }
  return { message: { t: 'delta', positions }, refused }
}

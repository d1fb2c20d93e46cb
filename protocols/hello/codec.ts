import { decode, encode } from 'cborg'
import { isCell } from '../../src/geo/cells.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import { FrameError } from '../frame-error.ts'
import { CREDENTIAL_MAX } from '../trust/certificate.ts'

/** Libp2p protocol of the link between two nodes: who are you, are you still there, whom else do you know. */
export const HELLO_PROTOCOL = '/skein/hello/1'
/** What this node speaks. A peer of another major version is told so and let go. */
export const PROTOCOL_VERSION = 1
export const HELLO_FRAME_MAX = 16 * 1024
/** Goodbye of a node that has as many peers as it may: it is well, and others have room. */
export const FULL = 'full'
const INTRODUCTIONS_MAX = 32
const ADDRESSES_MAX = 8
const TEXT_MAX = 256
/** What an introductions frame needs besides its rows: heads of two arrays, and its kind. */
const FRAME_HEAD = 16

/** Who a node says it is. */
export interface Hello {
  readonly protocol: number
  readonly swarm: string
  readonly name: string
  readonly role: string
  readonly boot: number
  readonly version: string
  /** Random, of one run of one process: tells a copied identity from a second connection. */
  readonly instance: string
  /** Of the newest revocation list it has; 0 = none. */
  readonly epoch: number
  /** Its certificate with its issuer's (trust/certificate.ts); null in an open swarm. */
  readonly credential: Uint8Array | null
}

/** "I am here": once a second on every link. Carries what a round trip and a clock offset are computed from. */
export interface Pulse {
  readonly seq: number
  readonly wallMs: number
  /** The last pulse seen from the other side, and how long ago; -1 before the first. */
  readonly echoSeq: number
  readonly heldMs: number
  /** The cell flown in, so that neighbours are introduced to neighbours; empty = none. */
  readonly cell: CellId | ''
}

/** A peer that the sender is connected to. */
export interface Introduction {
  readonly agent: AgentId
  readonly addresses: readonly string[]
  readonly cell: CellId | ''
  readonly name: string
  readonly role: string
}

export type HelloFrame =
  | { readonly t: 'hello'; readonly hello: Hello }
  /** The hello of a node without room: it introduces others, and says goodbye. */
  | { readonly t: 'full'; readonly hello: Hello }
  | { readonly t: 'pulse'; readonly pulse: Pulse }
  | { readonly t: 'introductions'; readonly peers: readonly Introduction[] }
  | { readonly t: 'goodbye'; readonly reason: string }

/** Encodes a frame: a canonical CBOR array that starts with the number of its kind. */
export function encodeHello(frame: HelloFrame): Uint8Array {
  switch (frame.t) {
    case 'hello':
      return encode([0, ...fieldsOf(frame.hello)])
    case 'pulse': {
      const { seq, wallMs, echoSeq, heldMs, cell } = frame.pulse
      return encode([1, seq, Math.round(wallMs), echoSeq, Math.round(heldMs), cell])
    }
    case 'introductions':
      return encode([2, frame.peers.map(rowOf)])
    case 'goodbye':
      return encode([3, frame.reason])
    case 'full':
      return encode([4, ...fieldsOf(frame.hello)])
  }
}

const fieldsOf = ({ protocol, swarm, name, role, boot, version, instance, epoch, credential }: Hello) =>
  [protocol, swarm, name, role, boot, version, instance, epoch, credential] as const

/** Frames that introduce `peers`, in their order, each within the limit of a frame. */
export function introductionFrames(peers: readonly Introduction[]): readonly Uint8Array[] {
  const frames: Introduction[][] = []
  let room = 0
  for (const peer of peers) {
    const size = encode(rowOf(peer)).byteLength
    if (size > room || frames.at(-1)?.length === INTRODUCTIONS_MAX) {
      frames.push([])
      room = HELLO_FRAME_MAX - FRAME_HEAD
    }
    frames.at(-1)?.push(peer)
    room -= size
  }
  return frames.map(rows => encodeHello({ t: 'introductions', peers: rows }))
}

function rowOf({ agent, addresses, cell, name, role }: Introduction) {
  return [agent, addresses.slice(0, ADDRESSES_MAX), cell, name, role]
}

/** Decodes a frame. Throws FrameError on anything else. Fields appended by newer versions are passed over. */
export function decodeHello(bytes: Uint8Array): HelloFrame {
  let row: unknown
  try {
    row = decode(bytes)
  } catch (error) {
    throw new FrameError(
      'malformed',
      `a hello frame is no CBOR: ${error instanceof Error ? error.message : error}`,
      0,
    )
  }
  if (!Array.isArray(row)) throw new FrameError('malformed', 'a hello frame is an array', 0)
  switch (row[0]) {
    case 0:
      return { t: 'hello', hello: helloOf(row) }
    case 1:
      return {
        t: 'pulse',
        pulse: {
          seq: whole(row, 1),
          wallMs: whole(row, 2),
          echoSeq: whole(row, 3),
          heldMs: Math.max(0, whole(row, 4)),
          cell: cell(row, 5),
        },
      }
    case 2:
      return { t: 'introductions', peers: introductions(row[1]) }
    case 3:
      return { t: 'goodbye', reason: text(row, 1) }
    case 4:
      return { t: 'full', hello: helloOf(row) }
    default:
      throw new FrameError('version', 'a hello frame of an unknown kind', 1)
  }
}

function helloOf(row: readonly unknown[]): Hello {
  return {
    protocol: whole(row, 1),
    swarm: text(row, 2),
    name: text(row, 3),
    role: text(row, 4),
    boot: whole(row, 5),
    version: text(row, 6),
    instance: text(row, 7),
    epoch: whole(row, 8),
    credential: credential(row[9]),
  }
}

function credential(value: unknown): Uint8Array | null {
  if (value === null) return null
  if (value instanceof Uint8Array && value.byteLength <= CREDENTIAL_MAX) return Uint8Array.from(value)
  throw new FrameError('malformed', `a credential is a byte string of at most ${CREDENTIAL_MAX}`, 9)
}

function introductions(rows: unknown): readonly Introduction[] {
  if (!Array.isArray(rows) || rows.length > INTRODUCTIONS_MAX) {
    throw new FrameError('malformed', `introductions are a list of at most ${INTRODUCTIONS_MAX}`, 1)
  }
  return rows.map((row: unknown) => {
    if (!Array.isArray(row) || !Array.isArray(row[1])) {
      throw new FrameError('malformed', 'an introduction is [agent, addresses, cell, name, role]', 1)
    }
    return {
      agent: text(row, 0),
      addresses: row[1].slice(0, ADDRESSES_MAX).filter(isAddress),
      cell: cell(row, 2),
      name: text(row, 3),
      role: text(row, 4),
    }
  })
}

/** What is too long to be one is left out: the introducer only passes on what a third party announced. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_MAX
}

function whole(row: readonly unknown[], at: number): number {
  const value = row[at]
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new FrameError('malformed', `field ${at} of a hello frame is no whole number`, at)
}

function text(row: readonly unknown[], at: number): string {
  const value = row[at]
  if (typeof value === 'string' && value.length <= TEXT_MAX) return value
  throw new FrameError(
    'malformed',
    `field ${at} of a hello frame is no text of at most ${TEXT_MAX} characters`,
    at,
  )
}

function cell(row: readonly unknown[], at: number): CellId | '' {
  const value = text(row, at)
  if (value === '' || isCell(value)) return value
  throw new FrameError('malformed', `field ${at} of a hello frame is no H3 cell`, at)
}

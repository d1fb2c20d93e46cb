import { compareBytes } from '../../src/bytes.ts'
import { cellOf } from '../../src/geo/cells.ts'
import type { CellId, Signer } from '../../src/ports.ts'
import type { Position, SignedPosition } from '../../src/position/position.ts'
import { FrameError } from '../frame-error.ts'
import type { KeyDirectory } from '../identity/key-directory.ts'
import { signedBytes, signingContext } from '../identity/swarm-tag.ts'
import { type DecodedPosition, decodePosition, encodePosition, SIGNATURE_LENGTH } from './codec.ts'

/** The full key goes out at least this often; the other reports carry its 8-byte id. */
const KEY_EVERY_MS = 2_000
/** Nothing that this protocol is for flies outside these: Dead Sea shore to above the stratosphere's floor. */
const ALT_MIN_MM = -1_000_000
const ALT_MAX_MM = 30_000_000

/** Why a report was refused on its own, whoever gets it. */
export type Refusal = 'malformed' | 'version' | 'unknown-key' | 'signature' | 'misplaced' | 'implausible'

export type Opened =
  | { readonly signed: SignedPosition }
  | { readonly refusal: Refusal; readonly detail: string }

/** Seals own reports: encodes, signs, and decides when the full key goes along. */
export function createSealer(
  swarm: string,
  signer: Signer,
  directory: KeyDirectory,
): (position: Position, cell: CellId) => SignedPosition {
  const context = signingContext('position', swarm)
  const self = directory.learn(signer.publicKey)
  if (self === null) throw new Error('another key in this swarm has our short key id: make a new identity')
  let keySentMs = Number.NEGATIVE_INFINITY
  let keySentTo: CellId | null = null
  return (position, cell) => {
    const ms = position.hlc / 1024
    const full = cell !== keySentTo || Math.abs(ms - keySentMs) >= KEY_EVERY_MS
    if (full) {
      keySentMs = ms
      keySentTo = cell
    }
    const unsigned = encodePosition(position, full ? self.publicKey : self.keyId)
    const bytes = new Uint8Array(unsigned.byteLength + SIGNATURE_LENGTH)
    bytes.set(unsigned)
    bytes.set(signer.sign(signedBytes(context, unsigned)), unsigned.byteLength)
    return { position, cell, bytes }
  }
}

/** Opens a report that came on a cell's topic. `hint`: the author's key, where somebody else says they know it. */
export type Opener = (bytes: Uint8Array, cell: CellId, hint?: Uint8Array) => Opened

/** What opening needs of its surroundings. */
export interface OpenerInit {
  readonly swarm: string
  readonly directory: KeyDirectory
  readonly verify: Signer['verify']
  readonly cellResolution: number
}

/**
 * Opens others' reports: decodes, finds the key, verifies, and checks that the place is possible and is in the
 * cell whose topic it came on. The verdict depends on the bytes alone, so it holds for every receiver.
 */
export function createOpener(init: OpenerInit): Opener {
  const context = signingContext('position', init.swarm)
  return (bytes, cell, hint) => {
    let decoded: DecodedPosition
    try {
      decoded = decodePosition(bytes)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      return { refusal: error.code === 'version' ? 'version' : 'malformed', detail: error.message }
    }
    const { position } = decoded
    const absurd = implausible(position)
    if (absurd !== null) return { refusal: 'implausible', detail: absurd }
    if (cellOf(position.latE7, position.lonE7, init.cellResolution) !== cell) {
      return { refusal: 'misplaced', detail: 'the position is not in the cell it was published to' }
    }
    const publicKey = decoded.keyIsFull ? decoded.key : (init.directory.find(decoded.key)?.publicKey ?? hint)
    if (publicKey === undefined) return { refusal: 'unknown-key', detail: 'the author is not known yet' }
    if (!init.verify(publicKey, signedBytes(context, decoded.unsigned), decoded.signature)) {
      return {
        refusal: 'signature',
        detail: 'the signature does not match: forged, damaged, or of another swarm',
      }
    }
    // A key is learned only once it has signed something, so that nobody fills the directory for free.
    const author = init.directory.learn(publicKey)
    if (author === null) return { refusal: 'unknown-key', detail: 'two keys claim one short id' }
    if (!decoded.keyIsFull && compareBytes(author.keyId, decoded.key) !== 0) {
      return { refusal: 'signature', detail: 'the report names another author than the one who signed it' }
    }
    return { signed: { position: { ...position, agent: author.agent }, cell, bytes } }
  }
}

/** Why a position can't be true, or null. 0/0 is what a receiver without a fix says. */
function implausible(position: Omit<Position, 'agent'>): string | null {
  const { latE7, lonE7, altMm } = position
  if (latE7 === 0 && lonE7 === 0) return 'latitude and longitude are both 0: a receiver without a fix'
  if (Math.abs(latE7) > 900_000_000) return `latitude ${latE7 / 1e7} is beyond the pole`
  if (Math.abs(lonE7) > 1_800_000_000) return `longitude ${lonE7 / 1e7} is beyond 180 degrees`
  if (altMm < ALT_MIN_MM || altMm > ALT_MAX_MM) return `altitude ${altMm / 1000} m is outside -1 km to 30 km`
  return null
}

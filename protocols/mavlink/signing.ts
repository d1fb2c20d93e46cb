/** Bytes after the checksum of a signed MAVLink 2 frame: link id, 48-bit timestamp, 48-bit signature. */
export const SIGNATURE_LENGTH = 13
const MAC_LENGTH = 6
const KEY_LENGTH = 32

/** The shared secret of a MAVLink 2 link, and the hash it is used with (`sha256` is injected: no platform here). */
export interface SigningKey {
  /** 32 bytes. */
  readonly key: Uint8Array
  /** SHA-256, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array
}

/**
 * `unsigned`: carries no signature. `unchecked`: carries one, and no key was given to check it.
 * `valid`, `forged`: made or not made with the key.
 * `replayed`: made with the key, but its timestamp does not rise above the last one of the same sender and link.
 */
export type SignatureVerdict = 'unsigned' | 'unchecked' | 'valid' | 'forged' | 'replayed'

/**
 * First 48 bits of SHA-256(key, frame from its magic to its timestamp), as
 * https://mavlink.io/en/guide/message_signing.html has it.
 */
export function signatureOf(signing: SigningKey, frameWithTimestamp: Uint8Array): Uint8Array {
  const input = new Uint8Array(KEY_LENGTH + frameWithTimestamp.length)
  input.set(signing.key.subarray(0, KEY_LENGTH))
  input.set(frameWithTimestamp, KEY_LENGTH)
  return signing.sha256(input).slice(0, MAC_LENGTH)
}

/**
 * Checks signed frames and remembers the newest timestamp per sender and link. It grows only by frames that
 * were made with the key, so a stranger cannot fill it.
 */
export class SignatureChecker {
  readonly #signing: SigningKey | undefined
  readonly #newest = new Map<string, number>()

  constructor(signing: SigningKey | undefined) {
    this.#signing = signing
  }

  /** `frame`: the whole signed frame. */
  check(frame: Uint8Array): Exclude<SignatureVerdict, 'unsigned'> {
    if (!this.#signing) return 'unchecked'
    const macAt = frame.length - MAC_LENGTH
    const mac = signatureOf(this.#signing, frame.subarray(0, macAt))
    if (!mac.every((byte, i) => byte === frame[macAt + i])) return 'forged'
    const stream = `${frame[5]}/${frame[6]}/${frame[frame.length - SIGNATURE_LENGTH]}`
    const timestamp = readU48(frame, macAt - 6)
    if (timestamp <= (this.#newest.get(stream) ?? -1)) return 'replayed'
    this.#newest.set(stream, timestamp)
    return 'valid'
  }
}

function readU48(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = 5; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

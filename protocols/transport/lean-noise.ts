import type { MessageStream, PeerId } from '@libp2p/interface'
import { type ICryptoInterface, noise } from '@libp2p/noise'
import { asCrypto, defaultCrypto, nodeCrypto } from '@libp2p/noise/crypto'
import { UNSENT_MAX_BYTES } from '../budget/limits.ts'

/**
 * Up to here the WASM cipher is cheaper than OpenSSL's, whose calls cost 17 us before the first byte. Measured
 * on Node 24: equal at 2.7 KiB; the library changes over at 1,200 bytes and pays half as much again up to here.
 */
const WASM_MAX_BYTES = 2_560

/** Bytes of the length in front of each noise message. */
const LENGTH_BYTES = 2

interface Bytes {
  readonly byteLength: number
  subarray(): Uint8Array
}

/** What is private in the library's encrypted stream. All uses are in this file. */
interface EncryptedStream {
  decoder: { decode(data: Bytes): Iterable<Uint8Array> }
}

const CRYPTO: ICryptoInterface = {
  ...defaultCrypto,
  chaCha20Poly1305Encrypt: (plaintext, ...rest) =>
    (plaintext.byteLength <= WASM_MAX_BYTES ? asCrypto : nodeCrypto).chaCha20Poly1305Encrypt(
      plaintext,
      ...rest,
    ),
  chaCha20Poly1305Decrypt: (ciphertext, ...rest) =>
    (ciphertext.byteLength <= WASM_MAX_BYTES ? asCrypto : nodeCrypto).chaCha20Poly1305Decrypt(
      ciphertext,
      ...rest,
    ),
}

/** A connection whose peer has proved who it is. */
export interface Secured {
  readonly connection: MessageStream
  readonly remotePeer: PeerId
}

/** Whether so many bytes that have just arrived, still encrypted, are to be read; false = they are dropped. */
export type Admit = (bytes: number) => boolean

/**
 * Noise as it is on the wire, with two costs taken out: the library's reader ends every read by throwing and
 * catching a RangeError (its stack trace costs more than the decryption), and its choice of cipher changes
 * over too early. And with a bound that the library leaves open, on what waits to be sent: a peer that sends what
 * must be answered (pings, streams to be refused) and reads no answer would fill our memory. Past it the
 * connection is aborted.
 *
 * `meter`: called once for each connection, with what lies below the encryption; its answer is asked at each read.
 */
export function leanNoise(
  meter?: (secured: Secured, below: MessageStream) => Admit,
): ReturnType<typeof noise> {
  const stock = noise({ crypto: CRYPTO })
  const withReader = <S extends Secured>(secured: S, below: MessageStream): S => {
    const stream = secured.connection as unknown as EncryptedStream
    stream.decoder = new NoiseReader(meter?.(secured, below))
    secured.connection.maxWriteBufferLength = UNSENT_MAX_BYTES
    return secured
  }
  return components => {
    const encrypter = stock(components)
    const { secureInbound, secureOutbound } = encrypter
    encrypter.secureInbound = async (below, ...rest) =>
      withReader(await secureInbound.call(encrypter, below, ...rest), below)
    encrypter.secureOutbound = async (below, ...rest) =>
      withReader(await secureOutbound.call(encrypter, below, ...rest), below)
    return encrypter
  }
}

/**
 * Cuts the incoming bytes into noise messages: views of what came in wherever a message came in one piece.
 * Keeps at most one unfinished message, 64 KiB, and what came with it.
 */
export class NoiseReader {
  readonly #admit: Admit | undefined
  #pieces: Uint8Array[] = []
  #length = 0

  constructor(admit?: Admit) {
    this.#admit = admit
  }

  /** All messages that are complete with these bytes. */
  decode(data: Bytes): Uint8Array[] {
    if (this.#admit?.(data.byteLength) === false) return []
    this.#pieces.push(data.subarray())
    this.#length += data.byteLength
    if (this.#length < this.#needed()) return []
    const [first = new Uint8Array(0)] = this.#pieces
    const bytes = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.#length)
    const messages: Uint8Array[] = []
    let at = 0
    for (;;) {
      const start = at + LENGTH_BYTES
      const end = start + lengthAt(bytes, at)
      if (start > bytes.byteLength || end > bytes.byteLength) break
      if (end > start) messages.push(bytes.subarray(start, end))
      at = end
    }
    const rest = bytes.subarray(at)
    this.#pieces = rest.byteLength === 0 ? [] : [rest]
    this.#length = rest.byteLength
    return messages
  }

  /** Bytes that the message at the front takes with its length, as far as that is known. */
  #needed(): number {
    const [first] = this.#pieces
    if (first === undefined || first.byteLength < LENGTH_BYTES) return LENGTH_BYTES
    return LENGTH_BYTES + lengthAt(first, 0)
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

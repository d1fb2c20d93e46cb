import { KeyDirectory } from '../../protocols/identity/key-directory.ts'
import { createOpener, createSealer, type Opened, type Opener } from '../../protocols/position/sealing.ts'
import { decodeSync, encodeSync } from '../../protocols/sync/codec.ts'
import type { TrustDecoderInit } from '../../protocols/trust/messages.ts'
import type { PeerMessage } from '../../src/agent/interface.ts'
import { equalBytes } from '../../src/bytes.ts'
import type { CellId, Signer } from '../../src/ports.ts'
import type { Position, SignedPosition } from '../../src/position/position.ts'
import { digestBytes } from '../kernel/trace.ts'

/** The name of every simulated swarm. */
export const SWARM = 'sim'
/** In the second byte of a report: it carries the author's full key. */
const FLAG_KEY = 1
/** Verdicts kept; past it all are forgotten and reports verified again. */
const VERDICTS_MAX = 65_536

/** A report sealed by its author and opened once for all who get it. */
export interface SealedReport {
  readonly signed: SignedPosition
  readonly opened: Opened
  readonly fullKey: boolean
  readonly digest: number
}

/**
 * Turns records into the bytes that a radio would carry, and back, with the real codecs. The verdict on a report depends on
 * its bytes alone, so each is decoded and verified once and all receivers share the result; who knows which
 * author's key is kept by the swarm, per node.
 */
export class Wire {
  readonly #directory: KeyDirectory
  readonly #sealers: readonly ReturnType<typeof createSealer>[]
  readonly #open: Opener
  readonly #trust: TrustDecoderInit | null
  readonly #verdicts = new Map<
    number,
    { readonly bytes: Uint8Array; readonly cell: CellId; readonly opened: Opened }
  >()

  /** `trust`: null in an open swarm. */
  constructor(signers: readonly Signer[], cellResolution: number, trust: TrustDecoderInit | null = null) {
    const [first] = signers
    if (first === undefined) throw new RangeError('a swarm has at least one agent')
    this.#trust = trust
    this.#directory = new KeyDirectory(first.hash)
    this.#sealers = signers.map(signer => createSealer(SWARM, signer, this.#directory))
    this.#open = createOpener({
      swarm: SWARM,
      directory: this.#directory,
      verify: first.verify,
      cellResolution,
    })
  }

  /** Encodes, signs, decodes and verifies a report of node `author`. */
  seal(author: number, position: Position, cell: CellId): SealedReport {
    const sealer = this.#sealers[author]
    if (sealer === undefined) throw new RangeError(`node ${author} has no signer`)
    const signed = sealer(position, cell)
    const digest = digestBytes(signed.bytes)
    const opened = this.#verdict(signed.bytes, cell, digest)
    return { signed, opened, fullKey: ((signed.bytes[1] as number) & FLAG_KEY) !== 0, digest }
  }

  /** A sync message as it comes out at the other end. */
  carrySync(message: PeerMessage): { readonly message: PeerMessage; readonly digest: number } {
    const bytes = encodeSync(message, this.#directory)
    const open: Opener = (report, cell, hint) => this.#verdict(report, cell, digestBytes(report), hint)
    return {
      message: decodeSync(bytes, { directory: this.#directory, open, trust: this.#trust }).message,
      digest: digestBytes(bytes),
    }
  }

  #verdict(bytes: Uint8Array, cell: CellId, digest: number, hint?: Uint8Array): Opened {
    const known = this.#verdicts.get(digest)
    if (known !== undefined && known.cell === cell && equalBytes(known.bytes, bytes)) return known.opened
    const opened = this.#open(bytes, cell, hint)
    if (this.#verdicts.size >= VERDICTS_MAX) this.#verdicts.clear()
    this.#verdicts.set(digest, { bytes, cell, opened })
    return opened
  }
}

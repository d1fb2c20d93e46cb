import { equalBytes } from '../bytes.ts'
import type { Signer } from '../ports.ts'
import { type Envelope, readEnvelope } from './encode.ts'
import { MalformedError } from './errors.ts'
import type { FaultKind } from './fault.ts'
import type { Entry } from './keys.ts'
import { checksumHolds, payloadOf } from './record.ts'

/** An event record that is whole by itself; whether it belongs where it stands is for the chain to say. */
export interface OpenedEvent {
  readonly hash: Uint8Array
  readonly envelope: Envelope
  /** Canonical bytes of the event. */
  readonly bytes: Uint8Array
  readonly entry: Entry
}

/** What is wrong with a record, and in words. */
export interface Finding {
  readonly fault: FaultKind
  readonly detail: string
}

/** Opens the record found under the key of event `seq`. @throws UnsupportedVersionError */
export function openEvent(
  entry: Entry,
  seq: number,
  author: Uint8Array,
  signer: Pick<Signer, 'hash'>,
): OpenedEvent | Finding {
  if (!checksumHolds(entry[1])) return { fault: 'checksum', detail: `checksum of event ${seq} fails` }
  try {
    const bytes = payloadOf(entry[1])
    const envelope = readEnvelope(bytes)
    if (envelope.seq !== seq) {
      return { fault: 'format', detail: `event ${envelope.seq} is kept under the key of ${seq}` }
    }
    if (!equalBytes(envelope.author, author)) {
      return { fault: 'author', detail: `event ${seq} is by ${new TextDecoder().decode(envelope.author)}` }
    }
    return { hash: signer.hash(bytes), envelope, bytes, entry }
  } catch (error) {
    if (error instanceof MalformedError) return { fault: 'format', detail: error.message }
    throw error
  }
}

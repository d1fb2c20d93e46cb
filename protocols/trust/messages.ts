import { encode } from 'cborg'
import { CREDENTIALS_MAX } from '../../src/agent/credential-exchange.ts'
import type { TrustMessage } from '../../src/agent/interface.ts'
import { compareBytes } from '../../src/bytes.ts'
import type { Credential } from '../../src/policy/certificate.ts'
import type { Evidence, SignedReport } from '../../src/policy/contradiction.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { Signer } from '../../src/ports.ts'
import { CborRow } from '../cbor-row.ts'
import { FrameError } from '../frame-error.ts'
import { agentIdOf, publicKeyOf } from '../identity/agent-id.ts'
import { KEY_ID_LENGTH } from '../identity/key-directory.ts'
import { signedBytes, signingContext } from '../identity/swarm-tag.ts'
import { decodePosition } from '../position/codec.ts'
import { CREDENTIAL_MAX, openCredential } from './certificate.ts'
import { HEAD_MAX, openHead } from './head.ts'
import { openRevocations, REVOCATIONS_BYTES_MAX } from './revocations.ts'

/*
 * What members tell each other of trust, as frames of /skein/sync/1. CBOR arrays:
 *
 *   want credentials: [2, [32 B key, …]]
 *   credentials:      [3, [credential, …]]
 *   revocations:      [4, list]
 *   head:             [5, head, epoch]
 *   evidence:         [6, 0 = positions | 1 = heads, 32 B key, first, second, credential | null]
 */
const STATEMENT_MAX = 1_024

/** What opening needs: the swarm's founding record, and cryptography. */
export interface TrustDecoderInit {
  readonly genesis: Genesis
  readonly verify: Signer['verify']
  readonly hash: Signer['hash']
}

export function encodeTrust(message: TrustMessage): Uint8Array {
  switch (message.t) {
    case 'want-credentials':
      return encode([2, message.agents.flatMap(agent => publicKeyOf(agent) ?? [])])
    case 'credentials':
      return encode([3, message.credentials.map(({ bytes }) => bytes)])
    case 'revocations':
      return encode([4, message.list.bytes])
    case 'head':
      return encode([5, message.head.bytes, message.epoch])
    case 'evidence': {
      const { kind, agent, first, second } = message.evidence
      const credential = message.credential?.bytes ?? null
      return encode([6, kind === 'heads' ? 1 : 0, publicKeyOf(agent), first.bytes, second.bytes, credential])
    }
  }
}

/** Decodes a message and verifies every signature in it. Throws FrameError on anything else. */
export function decodeTrust(bytes: Uint8Array, init: TrustDecoderInit): TrustMessage {
  const row = CborRow.decode(bytes, 'a trust frame')
  const { genesis, verify } = init
  switch (row.whole(0)) {
    case 2: {
      const agents = row.list(1, CREDENTIALS_MAX, (keys, at) => agentIdOf(keys.bytes(at, 32)))
      return { t: 'want-credentials', agents }
    }
    case 3: {
      const blobs = row.list(1, CREDENTIALS_MAX, (list, at) => list.blob(at, CREDENTIAL_MAX))
      return { t: 'credentials', credentials: blobs.flatMap(blob => openPassedOn(blob, init) ?? []) }
    }
    case 4:
      return { t: 'revocations', list: openRevocations(row.blob(1, REVOCATIONS_BYTES_MAX), genesis, verify) }
    case 5: {
      const head = openHead(row.blob(1, HEAD_MAX), genesis.swarm, verify)
      return { t: 'head', head, epoch: row.whole(2, 0) }
    }
    case 6: {
      const credential = row.isNull(5) ? null : openPassedOn(row.blob(5, CREDENTIAL_MAX), init)
      return { t: 'evidence', evidence: readEvidence(row, init), credential }
    }
    default:
      throw new FrameError('version', 'a trust frame of an unknown kind', 1)
  }
}

/** Null = by the rules of a newer version. Throws FrameError: whoever passes on a forged one did not verify it. */
export function openPassedOn(bytes: Uint8Array, { genesis, verify }: TrustDecoderInit): Credential | null {
  const result = openCredential(bytes, genesis, verify)
  if ('credential' in result) return result.credential
  if (result.refusal === 'version' || result.refusal === 'unknown-role') return null
  throw new FrameError('malformed', `a certificate passed on is bad: ${result.reason}`, 1)
}

function readEvidence(row: CborRow, init: TrustDecoderInit): Evidence {
  const key = row.bytes(2, 32)
  const agent = agentIdOf(key)
  const [first, second] = [row.blob(3, STATEMENT_MAX), row.blob(4, STATEMENT_MAX)]
  if (row.whole(1, 0, 1) === 0) {
    return {
      kind: 'positions',
      agent,
      first: openReport(first, key, init),
      second: openReport(second, key, init),
    }
  }
  const { genesis, verify } = init
  const heads = [openHead(first, genesis.swarm, verify), openHead(second, genesis.swarm, verify)] as const
  if (heads.some(head => head.agent !== agent)) row.fail(2, 'not who signed the heads')
  return { kind: 'heads', agent, first: heads[0], second: heads[1] }
}

/** A report by this key, wherever and whenever it was made. */
function openReport(bytes: Uint8Array, key: Uint8Array, init: TrustDecoderInit): SignedReport {
  const { position, unsigned, signature, key: named } = decodePosition(bytes)
  const own = named.byteLength === KEY_ID_LENGTH ? init.hash(key).subarray(0, KEY_ID_LENGTH) : key
  const context = signingContext('position', init.genesis.swarm)
  if (compareBytes(named, own) !== 0 || !init.verify(key, signedBytes(context, unsigned), signature))
    throw new FrameError('malformed', 'evidence that the accused never signed', 0)
  return { boot: position.boot, seq: position.seq, hlc: position.hlc, bytes }
}

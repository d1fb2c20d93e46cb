import { encode } from 'cborg'
import type { Genesis } from '../../src/policy/genesis.ts'
import { lastEpochOf, type Revocation, type RevocationList } from '../../src/policy/revocations.ts'
import { CborRow } from '../cbor-row.ts'
import { FrameError } from '../frame-error.ts'
import { agentIdOf, publicKeyOf } from '../identity/agent-id.ts'
import { openIssuer, RECORD_MAX } from './certificate.ts'
import { openRecord, recordHolds, type Sign, sealRecord, type Verify } from './signed-record.ts'

/*
 * A revocation list is the CBOR array [list, issuer], where issuer is the signer's certificate by the root key, or
 * null when the root key signed the list itself. Body of the list, version 1 (see signed-record.ts):
 *
 *   [1, swarm, epoch, issued ms, [[32 B key, serial, revoked ms, reason, [boot, seq] | null], …], [issuer serial, …]]
 *
 * Rows are in the order of agent ids. An entry may be left out long after the certificates it takes back have ended.
 * An issuing key may name older issuing keys only: it carries on what the root key disowned, which would else be
 * believed again with the next list; and a stolen key can't disown those that follow it. Its epochs end with
 * lastEpochOf(its serial), and it signs within its own time: a key that has ended makes no list by mistake. One who
 * stole it can write an earlier date, and is kept out by the epochs of the keys that follow.
 */
const VERSION = 1
/** Fits into one frame of /skein/sync/1, and into one event of the log. */
export const REVOCATIONS_BYTES_MAX = 60_000
/** Of 120 bytes at most. */
export const REVOCATIONS_MAX = 400
const ISSUERS_MAX = 256
/** Characters of why an agent was revoked. */
export const REASON_MAX = 64
const FIELDS = 6

/** Signs a list. `issuer`: the signer's certificate by the root key; null = `sign` is the root key. */
export function sealRevocations(
  list: Omit<RevocationList, 'bytes' | 'issuer'>,
  issuer: Uint8Array | null,
  sign: Sign,
): Uint8Array {
  const { swarm, epoch, issuedMs, revocations, issuers } = list
  const sorted = [...revocations].sort((a, b) => (a.agent < b.agent ? -1 : 1))
  const fields = [VERSION, swarm, epoch, issuedMs, sorted.map(rowOf), [...issuers].sort((a, b) => a - b)]
  return encode([sealRecord('revocations', swarm, fields, sign), issuer])
}

function rowOf({ agent, serial, revokedMs, reason, validTo }: Revocation) {
  const key = publicKeyOf(agent)
  if (key === null) throw new RangeError(`'${agent}' is not the peer id of an Ed25519 key`)
  return [key, serial, revokedMs, reason.slice(0, REASON_MAX), validTo && [validTo.boot, validTo.seq]]
}

/** Opens a list and verifies its signature up to the root key of `genesis`. Throws FrameError. */
export function openRevocations(bytes: Uint8Array, genesis: Genesis, verify: Verify): RevocationList {
  if (bytes.byteLength > REVOCATIONS_BYTES_MAX)
    throw new FrameError('oversize', `a revocation list has at most ${REVOCATIONS_BYTES_MAX} bytes`, 0)
  const outer = CborRow.decodeCanonical(bytes, 'a revocation list')
  // Nothing unsigned rides along: the bytes go on to others and into the log as they are.
  if (outer.length !== 2) throw new FrameError('malformed', 'a revocation list is [list, issuer]', 0)
  const record = openRecord(
    outer.blob(0, REVOCATIONS_BYTES_MAX),
    'a revocation list',
    VERSION,
    REVOCATIONS_BYTES_MAX,
  )
  const { swarm, rootKey } = genesis
  const { row } = record
  if (row.text(1, 63) !== swarm)
    throw new FrameError('malformed', `a revocation list of another swarm than '${swarm}'`, 1)
  const issuer = outer.isNull(1) ? null : openIssuer(outer.blob(1, RECORD_MAX), genesis, verify)
  const signer = issuer ?? { publicKey: rootKey, serial: 0 }
  if (!recordHolds('revocations', swarm, record, signer.publicKey, verify))
    throw new FrameError('malformed', 'a revocation list whose signature does not match', 0)
  if (row.length !== FIELDS) row.fail(row.length, 'one too many or too few')
  const issuers = row.list(5, ISSUERS_MAX, (list, at) => list.whole(at, 1))
  if (signer.serial !== 0 && issuers.some(serial => serial >= signer.serial))
    row.fail(5, 'for the root key alone: an issuing key disowns none but older ones')
  const epoch = row.whole(2, 1)
  if (signer.serial !== 0 && epoch > lastEpochOf(signer.serial))
    row.fail(2, `beyond ${lastEpochOf(signer.serial)}, where issuing key ${signer.serial} has to end`)
  const issuedMs = row.whole(3, 0)
  if (issuer !== null && (issuedMs < issuer.notBeforeMs || issuedMs > issuer.notAfterMs))
    row.fail(3, `not within the time of issuing key ${issuer.serial}`)
  return {
    swarm,
    epoch,
    issuedMs,
    issuer: signer.serial,
    revocations: row.list(4, REVOCATIONS_MAX, (list, at) => readRevocation(list.row(at))),
    issuers,
    bytes,
  }
}

function readRevocation(row: CborRow): Revocation {
  return {
    agent: agentIdOf(row.bytes(0, 32)),
    serial: row.whole(1, 1),
    revokedMs: row.whole(2, 0),
    reason: row.text(3, REASON_MAX),
    validTo: row.isNull(4) ? null : { boot: row.row(4).whole(0, 0), seq: row.row(4).whole(1, 0) },
  }
}

import { encode } from 'cborg'
import { isCell } from '../../src/geo/cells.ts'
import type { Certificate, Credential, IssuerCertificate } from '../../src/policy/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import { isRole, type Role } from '../../src/policy/roles.ts'
import { CborRow } from '../cbor-row.ts'
import { FrameError } from '../frame-error.ts'
import { agentIdOf, publicKeyOf } from '../identity/agent-id.ts'
import { openRecord, recordHolds, type Sign, sealRecord, type Verify } from './signed-record.ts'

/*
 * Bodies (see signed-record.ts), version 1, times in ms since 1970:
 *
 *   certificate:  [1, swarm, 32 B key, name, [role, …], [cell, …], not before, not after, serial, epoch]
 *   issuer:       [1, swarm, 32 B key, not before, not after, serial]        signed by the swarm's root key
 *
 * A credential is the CBOR array [certificate, issuer]: all it takes to go from the root key to the agent.
 */
const VERSION = 1
export const RECORD_MAX = 4_096
export const CREDENTIAL_MAX = 8_192
const SWARM_MAX = 63
export const NAME_MAX = 64
const ROLES_MAX = 16
export const CELLS_MAX = 64

/** Why a credential could not be opened. */
type CredentialRefusal = 'malformed' | 'version' | 'signature' | 'unknown-role' | 'wrong-swarm'

/** Signs a certificate with an issuing key. Throws RangeError when the agent is no Ed25519 peer id. */
export function sealCertificate(certificate: Certificate, sign: Sign): Uint8Array {
  const { swarm, agent, name, roles, cells, notBeforeMs, notAfterMs, serial, epoch } = certificate
  const key = publicKeyOf(agent)
  if (key === null) throw new RangeError(`'${agent}' is not the peer id of an Ed25519 key`)
  const fields = [VERSION, swarm, key, name, roles, cells, notBeforeMs, notAfterMs, serial, epoch]
  return sealRecord('certificate', swarm, fields, sign)
}

/** Signs the certificate of an issuing key with the root key. */
export function sealIssuer(issuer: IssuerCertificate, sign: Sign): Uint8Array {
  const { swarm, publicKey, notBeforeMs, notAfterMs, serial } = issuer
  return sealRecord('issuer', swarm, [VERSION, swarm, publicKey, notBeforeMs, notAfterMs, serial], sign)
}

export function encodeCredential(certificate: Uint8Array, issuer: Uint8Array): Uint8Array {
  return encode([certificate, issuer])
}

/** Opens the certificate of an issuing key and verifies that the root key of `genesis` signed it. Throws FrameError. */
export function openIssuer(bytes: Uint8Array, genesis: Genesis, verify: Verify): IssuerCertificate {
  const record = openRecord(bytes, "an issuer's certificate", VERSION, RECORD_MAX)
  if (!recordHolds('issuer', genesis.swarm, record, genesis.rootKey, verify))
    throw new FrameError('malformed', `an issuer's certificate that is not by the root key of our swarm`, 0)
  return readIssuer(record.row, genesis.swarm)
}

export type OpenedCredential =
  | { readonly credential: Credential }
  | { readonly refusal: CredentialRefusal; readonly reason: string }

/**
 * Opens a credential and verifies it up to the root key of `genesis`: both signatures, and that the certificate
 * lies within the time of its issuer. Whether it is good now is judged by `src/policy/admission.ts`.
 */
export function openCredential(bytes: Uint8Array, genesis: Genesis, verify: Verify): OpenedCredential {
  try {
    return openVerified(bytes, genesis, verify)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    return { refusal: error.code === 'version' ? 'version' : 'malformed', reason: error.message }
  }
}

function openVerified(bytes: Uint8Array, genesis: Genesis, verify: Verify): OpenedCredential {
  const outer = CborRow.decodeCanonical(bytes, 'a credential')
  if (outer.length !== 2) throw new FrameError('malformed', 'a credential is [certificate, issuer]', 0)
  const issuerRecord = openRecord(outer.blob(1, RECORD_MAX), "an issuer's certificate", VERSION, RECORD_MAX)
  const record = openRecord(outer.blob(0, RECORD_MAX), 'a certificate', VERSION, RECORD_MAX)
  const { swarm, rootKey } = genesis
  const claimed = record.row.text(1, SWARM_MAX)
  if (claimed !== swarm) {
    return {
      refusal: 'wrong-swarm',
      reason: `your certificate is of swarm '${claimed}', not of ours`,
    }
  }
  if (!recordHolds('issuer', swarm, issuerRecord, rootKey, verify)) {
    return {
      refusal: 'signature',
      reason: 'your certificate is not by the authority of our swarm',
    }
  }
  const issuer = readIssuer(issuerRecord.row, swarm)
  if (!recordHolds('certificate', swarm, record, issuer.publicKey, verify)) {
    return { refusal: 'signature', reason: 'your certificate was altered: its signature does not match' }
  }
  const roles = record.row.list(4, ROLES_MAX, (row, at) => row.text(at, NAME_MAX))
  const unknown = roles.find(role => !isRole(role))
  if (unknown !== undefined) {
    return { refusal: 'unknown-role', reason: `your certificate names a role we don't know: '${unknown}'` }
  }
  const certificate = readCertificate(record.row, swarm, roles.filter(isRole))
  if (certificate.notBeforeMs < issuer.notBeforeMs || certificate.notAfterMs > issuer.notAfterMs) {
    return {
      refusal: 'signature',
      reason: 'your certificate reaches beyond the time of the key that issued it',
    }
  }
  return { credential: { certificate, issuer, bytes } }
}

function readIssuer(row: CborRow, swarm: string): IssuerCertificate {
  if (row.text(1, SWARM_MAX) !== swarm) row.fail(1, 'another swarm than the certificate names')
  if (row.length !== 6) row.fail(row.length, 'one too many or too few')
  return {
    swarm,
    publicKey: row.bytes(2, 32),
    notBeforeMs: row.whole(3, 0),
    notAfterMs: row.whole(4, 0),
    serial: row.whole(5, 1),
  }
}

function readCertificate(row: CborRow, swarm: string, roles: readonly Role[]): Certificate {
  if (row.length !== 10) row.fail(row.length, 'one too many or too few')
  return {
    swarm,
    agent: agentIdOf(row.bytes(2, 32)),
    name: row.text(3, NAME_MAX),
    roles,
    cells: row.list(5, CELLS_MAX, (cells, at) => {
      const cell = cells.text(at, 16)
      return isCell(cell) ? cell : cells.fail(at, 'no H3 cell')
    }),
    notBeforeMs: row.whole(6, 0),
    notAfterMs: row.whole(7, 0),
    serial: row.whole(8, 1),
    epoch: row.whole(9, 0),
  }
}

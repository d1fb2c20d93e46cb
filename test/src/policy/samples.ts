import type { Certificate, Credential } from '../../../src/policy/certificate.ts'
import type { Revocation, RevocationList } from '../../../src/policy/revocations.ts'

export const SWARM = 'north'
const HOUR_MS = 3_600_000
export const START_MS = Date.UTC(2026, 0, 1)
export const END_MS = START_MS + 7 * 24 * HOUR_MS
export const GRACE_MS = HOUR_MS
export const BOUND_MS = 1_000

/** A credential whose signatures hold. */
export function credentialOf(changed: Partial<Certificate> = {}, issuer = 1): Credential {
  const certificate: Certificate = {
    swarm: SWARM,
    agent: 'heron',
    name: 'heron',
    roles: ['drone'],
    cells: [],
    notBeforeMs: START_MS,
    notAfterMs: END_MS,
    serial: 7,
    epoch: 0,
    ...changed,
  }
  const dates = { notBeforeMs: START_MS, notAfterMs: START_MS + 365 * 24 * HOUR_MS }
  return {
    certificate,
    issuer: { swarm: SWARM, publicKey: new Uint8Array(32), ...dates, serial: issuer },
    bytes: new Uint8Array(),
  }
}

export function revocationOf(agent: string, serial: number, reason = ''): Revocation {
  return { agent, serial, revokedMs: START_MS, reason, validTo: null }
}

export function listOf(changed: Partial<RevocationList>): RevocationList {
  return {
    swarm: SWARM,
    epoch: 1,
    issuedMs: START_MS,
    issuer: 1,
    revocations: [],
    issuers: [],
    bytes: new Uint8Array(),
    ...changed,
  }
}

import type { Certificate, IssuerCertificate } from '../../../../src/policy/certificate.ts'
import type { RevocationList } from '../../../../src/policy/revocations.ts'
import type { Issued } from '../../../authority/authority.ts'

export type Facts = readonly (readonly [string, string])[]

/** A certificate as it is printed. */
export function recordOf({ certificate, issuer }: Omit<Issued, 'credential'>) {
  const { swarm, agent, name, roles, cells, notBeforeMs, notAfterMs, serial, epoch } = certificate
  return {
    name,
    agent,
    swarm,
    serial,
    roles,
    cells,
    notBefore: iso(notBeforeMs),
    notAfter: iso(notAfterMs),
    epoch,
    issuer,
  }
}

export function certificateFacts({ agent, name, roles, cells, serial, ...dates }: Certificate): Facts {
  return [
    ['name', name],
    ['agent', agent],
    ['roles', roles.join(', ')],
    ['cells', cells.join(', ') || 'everywhere'],
    ['valid', validity(dates)],
    ['serial', String(serial)],
  ]
}

export function issuerFact({ serial, notBeforeMs, notAfterMs }: IssuerCertificate): string {
  return `${serial}, ${validity({ notBeforeMs, notAfterMs })}`
}

/** A list as it is printed. */
export function listRecordOf({ swarm, epoch, issuedMs, issuer, revocations, issuers }: RevocationList) {
  return {
    swarm,
    epoch,
    issued: iso(issuedMs),
    signedBy: issuer === 0 ? 'root' : `issuing key ${issuer}`,
    revocations: revocations.map(({ revokedMs, ...entry }) => ({ ...entry, revoked: iso(revokedMs) })),
    issuers,
  }
}

export function minute(ms: number): string {
  return iso(ms)
    .replace('T', ' ')
    .replace(/:\d\d\.\d+Z$/, ' UTC')
}

function validity({ notBeforeMs, notAfterMs }: { notBeforeMs: number; notAfterMs: number }): string {
  return `${minute(notBeforeMs)} to ${minute(notAfterMs)}`
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

import type { Certificate } from '../../src/policy/certificate.ts'
import type { Authority, Issued } from './authority.ts'
import { AuthorityError } from './authority-error.ts'

/** `expiring`: less than a third of its life is left, so it is time to renew. */
export type IssuedState = 'valid' | 'expiring' | 'early' | 'expired' | 'revoked'

export function stateOf(issued: Issued, authority: Authority, nowMs: number): IssuedState {
  const { notBeforeMs, notAfterMs } = issued.certificate
  if (authority.revokedWith(issued) !== null) return 'revoked'
  if (nowMs > notAfterMs) return 'expired'
  if (nowMs < notBeforeMs) return 'early'
  return (notAfterMs - nowMs) * 3 < notAfterMs - notBeforeMs ? 'expiring' : 'valid'
}

/** The newest certificate of every agent. */
export function newestOfEach(authority: Authority): readonly Issued[] {
  return authority.issued.filter(
    ({ certificate: { agent, serial } }) => authority.lastOf(agent)?.serial === serial,
  )
}

/** The certificate that a name, an agent or a serial means; of a name or an agent the newest. @throws AuthorityError */
export function findIssued(authority: Authority, wanted: string): Issued {
  const by = (matches: (certificate: Certificate) => boolean): Issued | undefined =>
    authority.issued.findLast(({ certificate }) => matches(certificate))
  const found =
    by(({ name }) => name === wanted) ??
    by(({ agent }) => agent === wanted) ??
    by(({ serial }) => String(serial) === wanted)
  if (found !== undefined) return found
  throw new AuthorityError(
    'AUTHORITY_UNKNOWN',
    `no certificate was issued to '${wanted}'`,
    'Give a name, an agent or a serial of: skein ca list',
  )
}

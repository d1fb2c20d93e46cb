import { publicKeyOf } from '../../protocols/identity/agent-id.ts'
import { CELLS_MAX, NAME_MAX } from '../../protocols/trust/certificate.ts'
import { isCell } from '../../src/geo/cells.ts'
import type { Certificate, IssuerCertificate } from '../../src/policy/certificate.ts'
import { isRole, ROLES } from '../../src/policy/roles.ts'
import type { Authority } from './authority.ts'
import { AuthorityError } from './authority-error.ts'

const NAME_FORM = /^\S+( \S+)*$/
const ROTATE = 'Make a new one with the root key: skein ca rotate'
const CLOCK = "Check this machine's clock"

/** Refuses a certificate that no node would believe, or that would confuse people. @throws AuthorityError */
export function checkGrant(certificate: Certificate, authority: Authority, nowMs: number): void {
  checkForm(certificate)
  checkName(certificate, authority, nowMs)
  checkDates(certificate, authority, nowMs)
}

function checkForm({ agent, name, roles, cells }: Certificate): void {
  if (publicKeyOf(agent) === null)
    refuse(`'${agent}' is not the peer id of an Ed25519 key`, 'Give what `skein init` prints on the agent')
  if (!NAME_FORM.test(name) || name.length > NAME_MAX)
    refuse(`'${name}' can't be a name`, `Use words with one space between, at most ${NAME_MAX} characters`)
  if (/^\d+$/.test(name))
    refuse(
      `'${name}' can't be a name: of digits alone, it would be taken for a serial`,
      `Add a letter, such as heron-${name}`,
    )
  if (roles.length === 0) refuse('a certificate names at least one role', `Give some of ${ROLES.join(', ')}`)
  const role = roles.find(other => !isRole(other))
  if (role !== undefined) refuse(`there is no role '${role}'`, `Roles are ${ROLES.join(', ')}`)
  const cell = cells.find(other => !isCell(other))
  if (cell !== undefined) refuse(`'${cell}' is no H3 cell`, 'Give cells such as 881f8d4b29fffff')
  if (cells.length > CELLS_MAX) refuse(`a certificate names at most ${CELLS_MAX} cells`, 'Use coarser cells')
}

/** A name belongs to one agent as long as it has a certificate that has not ended and was not taken from it. */
function checkName({ agent, name }: Certificate, authority: Authority, nowMs: number): void {
  const other = authority.issued.find(
    issued =>
      issued.certificate.name === name &&
      issued.certificate.agent !== agent &&
      issued.certificate.notAfterMs > nowMs &&
      authority.revokedWith(issued) !== 'agent',
  )
  if (other === undefined) return
  refuse(
    `the name '${name}' is that of agent ${other.certificate.agent}`,
    `Choose another name, renew that agent (skein ca renew ${name}), or revoke it first`,
  )
}

/** Refuses to sign with an issuing key that has ended, or has not begun. @throws AuthorityError */
export function checkSigner({ serial, notBeforeMs, notAfterMs }: IssuerCertificate, nowMs: number): void {
  if (nowMs > notAfterMs)
    throw new AuthorityError(
      'AUTHORITY_ISSUER_EXPIRED',
      `issuing key ${serial} ended on ${day(notAfterMs)}`,
      ROTATE,
    )
  if (nowMs < notBeforeMs)
    refuse(`issuing key ${serial} begins on ${day(notBeforeMs)}, which is yet to come`, CLOCK)
}

function checkDates(certificate: Certificate, { issuing, revocations }: Authority, nowMs: number): void {
  const issuer = issuing.certificate
  checkSigner(issuer, nowMs)
  if (revocations?.issuers.includes(issuer.serial) === true)
    refuse(`issuing key ${issuer.serial} was disowned by the root key`, ROTATE)
  if (certificate.notAfterMs <= certificate.notBeforeMs || certificate.notAfterMs <= nowMs)
    refuse('the certificate would end before it begins', 'Give a later end')
  if (certificate.notBeforeMs < issuer.notBeforeMs)
    refuse(
      `the certificate would begin before issuing key ${issuer.serial} does (${day(issuer.notBeforeMs)})`,
      CLOCK,
    )
  if (certificate.notAfterMs > issuer.notAfterMs)
    refuse(
      `the certificate would outlive issuing key ${issuer.serial}, which ends on ${day(issuer.notAfterMs)}`,
      'Give a shorter life (--for), or make a new issuing key with the root key: skein ca rotate',
    )
}

function refuse(what: string, advice: string): never {
  throw new AuthorityError('AUTHORITY_REFUSED', what, advice)
}

function day(ms: number): string {
  return new Date(ms).toISOString().replace(/:\d\d\.\d+Z$/, 'Z')
}

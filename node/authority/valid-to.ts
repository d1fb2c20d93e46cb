import type { LogPlace, Revocation } from '../../src/policy/revocations.ts'
import { AuthorityError } from './authority-error.ts'

/**
 * What an agent signed up to here stays valid when it is put out once more. As before, or less; more only where it was
 * let in again since (`isAnew`) and somebody says so. `wanted`: undefined = nothing was said. @throws AuthorityError
 */
export function validToOf(
  before: Revocation | undefined,
  wanted: LogPlace | null | undefined,
  isAnew: boolean,
): LogPlace | null {
  if (before === undefined) return wanted ?? null
  const { agent, validTo } = before
  if (wanted === undefined) return validTo
  if (wanted === null || isAnew || (validTo !== null && !isBeyond(wanted, validTo))) return wanted
  throw new AuthorityError(
    'AUTHORITY_REFUSED',
    `of the log of ${agent} ${validTo === null ? 'nothing stays valid' : `all stays valid up to ${text(validTo)}`}, and would be to ${text(wanted)} again`,
    validTo === null ? 'Leave out --valid-to' : `Give at most --valid-to ${text(validTo)}`,
  )
}

function isBeyond(a: LogPlace, b: LogPlace): boolean {
  return a.boot === b.boot ? a.seq > b.seq : a.boot > b.boot
}

function text({ boot, seq }: LogPlace): string {
  return `${boot}:${seq}`
}

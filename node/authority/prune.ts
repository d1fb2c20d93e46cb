import type { Revocation } from '../../src/policy/revocations.ts'
import type { Authority } from './authority.ts'
import { AuthorityError } from './authority-error.ts'

/**
 * How long an entry stays after all that it takes back has ended, ms. An authority's own clock decides, and whoever
 * is left out too early is let in again by every node: so it is far longer than anybody's clock goes wrong unseen.
 */
const KEPT_AFTER_MS = 90 * 86_400_000

/** Refuses a clock that is plainly behind: by it nothing can be said to have ended. @throws AuthorityError */
export function checkClock(authority: Authority, nowMs: number): void {
  const latestMs = latestKnown(authority)
  if (nowMs >= latestMs) return
  throw new AuthorityError(
    'AUTHORITY_REFUSED',
    `the clock says ${minute(nowMs)}, which is before what this authority did last (${minute(latestMs)})`,
    "Check this machine's clock; nothing was pruned",
  )
}

/** The entries of a list that take back nothing which could be valid anywhere. None by a clock that is behind. */
export function prunable(authority: Authority, nowMs: number): readonly Revocation[] {
  if (nowMs < latestKnown(authority)) return []
  return authority.revocations?.revocations.filter(entry => isOver(entry, authority, nowMs)) ?? []
}

function isOver({ agent, serial }: Revocation, authority: Authority, nowMs: number): boolean {
  const { graceMs, clockBoundMs } = authority.founding.defaults
  const upTo = authority.issued.filter(({ certificate }) => certificate.serial <= serial)
  // Serials have no gaps, but where a registry was restored from a backup: what was lost may be valid yet.
  if (upTo.length < serial) return false
  const ends = upTo
    .filter(({ certificate }) => certificate.agent === agent)
    .map(({ certificate }) => certificate.notAfterMs)
  // Of an agent that was never issued anything here, somebody else knows more.
  if (ends.length === 0) return false
  return Math.max(...ends) + graceMs + 2 * clockBoundMs + KEPT_AFTER_MS < nowMs
}

function latestKnown({ issued, issuing, revocations }: Authority): number {
  const begun = issued.map(({ certificate }) => certificate.notBeforeMs)
  return Math.max(issuing.certificate.notBeforeMs, revocations?.issuedMs ?? 0, ...begun)
}

function minute(ms: number): string {
  return new Date(ms).toISOString().replace(/:\d\d\.\d+Z$/, 'Z')
}

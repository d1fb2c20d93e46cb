import type { AgentId } from '../ports.ts'
import type { Credential } from './certificate.ts'
import type { Revocation } from './revocations.ts'

/** `grace`: the certificate has ended, and its holder may still say where it is, to land or return. */
export type Standing = 'valid' | 'grace'

/** Why somebody is not let in. Some are seen when its credential is opened, the others when it is judged. */
export type AdmissionRefusal =
  | 'missing'
  | 'malformed'
  | 'version'
  | 'signature'
  | 'unknown-role'
  | 'wrong-swarm'
  | 'wrong-peer'
  | 'wrong-role'
  | 'early'
  | 'expired'
  | 'revoked'
  | 'equivocated'
  | 'cloned'

export type Judgement =
  | { readonly standing: Standing }
  | { readonly refusal: AdmissionRefusal; readonly reason: string }

/**
 * No certificate mends this: whoever has the copy sees the new one in the first hello. It takes a new key.
 */
export const TWO_WITH_ONE_KEY =
  'two nodes speak with your key, or one that was set back to a backup: make a new identity and have it certified'

/** What a credential is judged by. */
export interface AdmissionRule {
  readonly swarm: string
  /** Now, by the swarm's clock, wall ms; null = our clock is plainly wrong, and dates are not judged. */
  readonly nowMs: number | null
  readonly clockBoundMs: number
  readonly graceMs: number
  /** What was taken back of the agent that is judged. */
  readonly revocation: Revocation | null
  /** Serials of issuing keys that are not believed any more. */
  readonly revokedIssuers: readonly number[]
  /** Two nodes were found to speak with this agent's key. */
  readonly convicted: boolean
}

/**
 * Judges an opened credential that `peer` shows. Dates are given the clock-error bound on both sides, so that two
 * nodes within it agree on who may come in, but for twice that bound around the end.
 */
export function judge(credential: Credential, peer: AgentId, rule: AdmissionRule): Judgement {
  const { certificate, issuer } = credential
  const { agent, serial } = certificate
  if (certificate.swarm !== rule.swarm) {
    return refuse('wrong-swarm', `your certificate is of swarm '${certificate.swarm}', not of ours`)
  }
  if (agent !== peer) {
    return refuse('wrong-peer', `your certificate names ${agent}, and your key is that of ${peer}`)
  }
  if (rule.revocation !== null && serial <= rule.revocation.serial) {
    return refuse(
      'revoked',
      `certificate ${serial} was revoked: ${rule.revocation.reason || 'no reason given'}`,
    )
  }
  if (rule.revokedIssuers.includes(issuer.serial)) {
    return refuse('revoked', `certificate ${serial} is by issuing key ${issuer.serial}, which was revoked`)
  }
  if (rule.convicted) return refuse('equivocated', TWO_WITH_ONE_KEY)
  return judgeDates(credential, rule)
}

function judgeDates({ certificate }: Credential, rule: AdmissionRule): Judgement {
  const { nowMs, clockBoundMs, graceMs } = rule
  const { serial, notBeforeMs, notAfterMs } = certificate
  if (nowMs === null) return { standing: 'valid' }
  if (nowMs < notBeforeMs - clockBoundMs) {
    return refuse(
      'early',
      `certificate ${serial} begins ${when(notBeforeMs - nowMs)} from now: check the clocks`,
    )
  }
  if (nowMs <= notAfterMs + clockBoundMs) return { standing: 'valid' }
  if (certificate.roles.includes('drone') && nowMs <= notAfterMs + graceMs) return { standing: 'grace' }
  return refuse('expired', `certificate ${serial} ended ${when(nowMs - notAfterMs)} ago: renew it`)
}

function refuse(refusal: AdmissionRefusal, reason: string): Judgement {
  return { refusal, reason }
}

function when(ms: number): string {
  const s = Math.round(ms / 1000)
  if (s < 120) return `${s} s`
  return s < 7_200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3_600)} h`
}

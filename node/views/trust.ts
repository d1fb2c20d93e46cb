import type { Agent } from '../../src/agent/agent.ts'
import type { Now } from '../../src/ports.ts'
import type { Check, NodeStatus } from '../interface.ts'
import { check } from './check.ts'

/** A certificate with less than this share of its life left should have been renewed. */
const RENEW_SHARE = 1 / 3

/** How this node stands in its swarm, and whom it knows there. */
export function trustStatus({ trusting, clock }: Agent, now: Now): NodeStatus['trust'] {
  if (trusting === null) return { mode: 'open', certificate: null, epoch: 0, behind: false, members: 0 }
  const { membership, own } = trusting
  const { agent, serial, name, roles, notBeforeMs, notAfterMs } = own.certificate
  const nowMs = clock.read(now)
  const standing = membership.standing(agent, nowMs) ?? 'refused'
  const renewAtMs = notAfterMs - (notAfterMs - notBeforeMs) * RENEW_SHARE
  return {
    mode: 'closed',
    certificate: {
      serial,
      name,
      roles,
      notAfter: new Date(notAfterMs).toISOString(),
      standing,
      renewalDue: nowMs >= renewAtMs,
    },
    epoch: membership.epoch,
    behind: membership.isBehind,
    members: membership.size,
  }
}

/** Whether the swarm lets this node do its part. */
export function trustCheck({ mode, certificate, behind }: NodeStatus['trust']): Check {
  if (mode === 'open' || certificate === null) {
    return check(
      'trust',
      true,
      'an open swarm: anyone who knows its name may join (close it with skein ca init)',
      '',
    )
  }
  if (behind) {
    const remedy = 'hand it the newest one with skein ca revoke --api, or look why no peer does'
    return check('trust', false, 'a revocation list is missing', remedy)
  }
  const { serial, standing, notAfter, renewalDue } = certificate
  const state = `certificate ${serial} ${standing}, until ${notAfter}${renewalDue ? ', renewal due' : ''}`
  return check(
    'trust',
    standing === 'valid',
    state,
    'get a new certificate from the authority (skein ca renew) and run skein init --join BUNDLE',
  )
}

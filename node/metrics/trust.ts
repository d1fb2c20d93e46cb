import type { AdmissionRefusal } from '../../src/policy/admission.ts'
import { counter, readCounter, readGauge } from './define.ts'

/** Why somebody was not let in, as far as an alert tells them apart. */
const REFUSALS = [
  'missing',
  'malformed',
  'signature',
  'wrong-swarm',
  'wrong-peer',
  'early',
  'expired',
  'revoked',
  'equivocated',
  'cloned',
] as const
type RefusalLabel = (typeof REFUSALS)[number]

export function refusalLabel(refusal: AdmissionRefusal): RefusalLabel {
  if (refusal === 'version' || refusal === 'unknown-role') return 'malformed'
  return refusal === 'wrong-role' ? 'wrong-peer' : refusal
}

export const trustMetrics = {
  skein_admissions_refused_total: counter({
    help: 'Peers not let in, by what was wrong with what they showed.',
    labels: { reason: REFUSALS },
    profile: 'minimal',
  }),
  skein_peers_expelled_total: readCounter({
    help: 'Peers that were in and had to go: revoked, expired, or caught contradicting themselves.',
    read: s => s.agent.peersExpelled,
  }),
  skein_equivocations_total: readCounter({
    help: 'Agents found to have signed two things that exclude each other; the evidence is in the log.',
    profile: 'minimal',
    read: s => s.agent.equivocations,
  }),
  skein_clones_seen_total: readCounter({
    help: 'Hellos with the key of a peer that is connected already, from another process.',
    read: s => s.agent.clonesSeen,
  }),
  skein_members_known: readGauge({
    help: 'Agents whose certificates this node holds; 0 in an open swarm.',
    read: s => s.trust.members,
  }),
  skein_revocation_epoch: readGauge({
    help: 'Of the newest revocation list this node has; nodes of one swarm differ for seconds at most.',
    profile: 'minimal',
    read: s => s.trust.epoch,
  }),
  skein_certificate_expires_timestamp_seconds: readGauge({
    help: 'When this node’s own certificate ends, since 1970; NaN in an open swarm.',
    profile: 'minimal',
    read: s => (s.trust.certificate === null ? null : Date.parse(s.trust.certificate.notAfter) / 1000),
  }),
} as const

import assert from 'node:assert/strict'
import { type AdmissionRule, judge, TWO_WITH_ONE_KEY } from '../../../src/policy/admission.ts'
import type { Certificate } from '../../../src/policy/certificate.ts'
import { BOUND_MS, credentialOf, END_MS, GRACE_MS, revocationOf, START_MS, SWARM } from './samples.ts'

const RULE: AdmissionRule = {
  swarm: SWARM,
  nowMs: START_MS + 1_000,
  clockBoundMs: BOUND_MS,
  graceMs: GRACE_MS,
  revocation: null,
  revokedIssuers: [],
  convicted: false,
}

interface Case {
  readonly certificate?: Partial<Certificate>
  readonly peer?: string
  readonly rule?: Partial<AdmissionRule>
  /** Standing, or code and a part of the reason. */
  readonly is: string
}

const CASES: Readonly<Record<string, Case>> = {
  'a good one': { is: 'valid' },
  'another swarm': {
    certificate: { swarm: 'south' },
    is: "wrong-swarm: your certificate is of swarm 'south'",
  },
  "another peer's": { peer: 'egret', is: 'wrong-peer: your certificate names heron' },

  'its first millisecond': { rule: { nowMs: START_MS }, is: 'valid' },
  'early by the clock error': { rule: { nowMs: START_MS - BOUND_MS }, is: 'valid' },
  'a millisecond earlier': {
    rule: { nowMs: START_MS - BOUND_MS - 1 },
    is: 'early: certificate 7 begins 1 s from now: check the clocks',
  },
  'an hour early': {
    rule: { nowMs: START_MS - 3_600_000 },
    is: 'early: certificate 7 begins 60 min from now',
  },

  'its last millisecond': { rule: { nowMs: END_MS }, is: 'valid' },
  'late by the clock error': { rule: { nowMs: END_MS + BOUND_MS }, is: 'valid' },
  'a drone, a millisecond later': { rule: { nowMs: END_MS + BOUND_MS + 1 }, is: 'grace' },
  'a drone, at the end of grace': { rule: { nowMs: END_MS + GRACE_MS }, is: 'grace' },
  'a drone, after it': {
    rule: { nowMs: END_MS + GRACE_MS + 1 },
    is: 'expired: certificate 7 ended 60 min ago: renew it',
  },
  'an anchor has no grace': {
    certificate: { roles: ['anchor', 'dispatcher'] },
    rule: { nowMs: END_MS + BOUND_MS + 1 },
    is: 'expired',
  },
  'a drone that is an anchor too': {
    certificate: { roles: ['anchor', 'drone'] },
    rule: { nowMs: END_MS + GRACE_MS },
    is: 'grace',
  },
  'no grace in this swarm': { rule: { graceMs: 0, nowMs: END_MS + BOUND_MS + 1 }, is: 'expired' },
  'years late, by a clock that is plainly wrong': { rule: { nowMs: null }, is: 'valid' },

  revoked: {
    rule: { revocation: revocationOf('heron', 7, 'stolen') },
    is: 'revoked: certificate 7 was revoked: stolen',
  },
  'revoked without a reason': {
    rule: { revocation: revocationOf('heron', 7) },
    is: 'revoked: certificate 7 was revoked: no reason given',
  },
  'older than the one revoked': { rule: { revocation: revocationOf('heron', 8) }, is: 'revoked' },
  'newer than the one revoked': { rule: { revocation: revocationOf('heron', 6) }, is: 'valid' },
  'revoked, and a clock that is wrong': {
    rule: { revocation: revocationOf('heron', 7), nowMs: null },
    is: 'revoked',
  },
  'revoked in grace': {
    rule: { revocation: revocationOf('heron', 7), nowMs: END_MS + GRACE_MS },
    is: 'revoked',
  },
  'its issuer revoked': {
    rule: { revokedIssuers: [1] },
    is: 'revoked: certificate 7 is by issuing key 1, which was revoked',
  },
  'another issuer revoked': { rule: { revokedIssuers: [2] }, is: 'valid' },
  convicted: {
    rule: { convicted: true },
    is: `equivocated: ${TWO_WITH_ONE_KEY}`,
  },
}

describe('admission', () => {
  for (const [what, { certificate, peer = 'heron', rule, is }] of Object.entries(CASES)) {
    it(`${what}: ${is}`, () => {
      const judged = judge(credentialOf(certificate), peer, { ...RULE, ...rule })
      const said = 'standing' in judged ? judged.standing : `${judged.refusal}: ${judged.reason}`
      assert.ok(said === is || (is.length > 7 && said.startsWith(is)) || said.startsWith(`${is}:`), said)
    })
  }
})

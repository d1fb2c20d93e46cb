import type { Shown } from '../../../src/agent/interface.ts'
import type { TrustPort } from '../../../src/agent/trust-port.ts'
import type { Certificate, Credential } from '../../../src/policy/certificate.ts'
import type { RevocationList } from '../../../src/policy/revocations.ts'
import { T0_MS } from '../position/samples.ts'

/* A closed swarm whose signatures nobody checks: that is the shell's part. */

export const HOUR_MS = 3_600_000
export const SWARM = 'alps'

export function credential(agent: string, changes: Partial<Certificate> = {}): Credential {
  const certificate: Certificate = {
    swarm: SWARM,
    agent,
    name: agent.slice(-4),
    roles: ['drone'],
    cells: [],
    notBeforeMs: T0_MS - HOUR_MS,
    notAfterMs: T0_MS + HOUR_MS,
    serial: 1,
    epoch: 0,
    ...changes,
  }
  const issuer = {
    swarm: SWARM,
    publicKey: new Uint8Array(32),
    notBeforeMs: 0,
    notAfterMs: T0_MS + 100 * HOUR_MS,
    serial: 1,
  }
  return { certificate, issuer, bytes: Uint8Array.from([certificate.serial]) }
}

export const trust =
  (changes: Partial<Certificate> = {}, revocations: RevocationList | null = null) =>
  (agent: string): TrustPort => ({
    genesis: {
      swarm: SWARM,
      rootKey: new Uint8Array(32),
      createdMs: 0,
      voters: [],
      defaults: { clockBoundMs: 1_000, cellResolution: 8, graceMs: 600_000, rootLeaseMs: 900_000 },
      zones: [],
    },
    own: credential(agent, changes),
    revocations,
    sealHead: head => ({ ...head, bytes: Uint8Array.from([head.seq]) }),
    sealCommand: command => ({ ...command, bytes: new Uint8Array() }),
    sealAck: ack => ({ ...ack, bytes: new Uint8Array() }),
    recall: { revocations: () => null, head: () => null },
  })

export const shown = (agent: string, changes: Partial<Shown> = {}): Shown => ({
  opened: { credential: credential(agent) },
  boot: 1,
  instance: 'first',
  epoch: 0,
  ...changes,
})

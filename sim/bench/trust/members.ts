import { createHash } from 'node:crypto'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import {
  encodeCredential,
  openCredential,
  sealCertificate,
  sealIssuer,
} from '../../../protocols/trust/certificate.ts'
import type { Credential } from '../../../src/policy/certificate.ts'
import type { Genesis } from '../../../src/policy/genesis.ts'
import type { Signer } from '../../../src/ports.ts'

const SWARM = 'bench'
const DAY_MS = 86_400_000
const keyOf = (name: string): Signer => ed25519Signer(createHash('sha256').update(name).digest())
const root = keyOf('root')
const issuing = keyOf('issuing')
const nowMs = Date.now()

export const genesis: Genesis = {
  swarm: SWARM,
  rootKey: root.publicKey,
  createdMs: nowMs - DAY_MS,
  voters: [],
  defaults: { clockBoundMs: 1_000, cellResolution: 8, graceMs: 3_600_000, rootLeaseMs: 900_000 },
  zones: [],
}

const issuer = sealIssuer(
  {
    swarm: SWARM,
    publicKey: issuing.publicKey,
    notBeforeMs: nowMs - DAY_MS,
    notAfterMs: nowMs + DAY_MS,
    serial: 1,
  },
  root.sign,
)

/** A drone's credential, as its authority would issue it. */
export function credentialBytes(publicKey: Uint8Array, serial: number): Uint8Array {
  const certificate = {
    swarm: SWARM,
    agent: agentIdOf(publicKey),
    name: `drone-${serial}`,
    roles: ['drone'] as const,
    cells: [],
    notBeforeMs: nowMs - DAY_MS / 2,
    notAfterMs: nowMs + DAY_MS / 2,
    serial,
    epoch: 0,
  }
  return encodeCredential(sealCertificate(certificate, issuing.sign), issuer)
}

export function open(bytes: Uint8Array): Credential {
  const opened = openCredential(bytes, genesis, verifyEd25519)
  if ('credential' in opened) return opened.credential
  throw new Error(`a credential of the benchmark's own is refused: ${opened.reason}`)
}

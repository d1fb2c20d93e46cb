import { randomBytes } from 'node:crypto'
import { agentIdOf } from '../../protocols/identity/agent-id.ts'
import { ed25519Signer } from '../../protocols/identity/ed25519.ts'
import { sealIssuer } from '../../protocols/trust/certificate.ts'
import type { IssuerCertificate } from '../../src/policy/certificate.ts'
import type { AgentId, Signer } from '../../src/ports.ts'

const SEED_BYTES = 32

/** An Ed25519 key. The seed is a secret: never log or print it. */
export interface SecretKey {
  /** 32 bytes, RFC 8032. */
  readonly seed: Uint8Array
  readonly signer: Signer
}

/** The key that signs certificates from day to day, and what the root key says of it. */
export interface IssuingKey extends SecretKey {
  readonly certificate: IssuerCertificate
  /** The certificate as the root key signed it. */
  readonly bytes: Uint8Array
}

export function newSeed(): Uint8Array {
  return Uint8Array.from(randomBytes(SEED_BYTES))
}

export function keyOf(seed: Uint8Array): SecretKey {
  return { seed, signer: ed25519Signer(seed) }
}

/** The agent whose key this is. */
export function agentOf(key: SecretKey): AgentId {
  return agentIdOf(key.signer.publicKey)
}

/** Has the root key name a new issuing key. */
export function nameIssuingKey(
  root: SecretKey,
  key: SecretKey,
  facts: Omit<IssuerCertificate, 'publicKey'>,
): IssuingKey {
  const certificate = { ...facts, publicKey: key.signer.publicKey }
  return { ...key, certificate, bytes: sealIssuer(certificate, root.signer.sign) }
}

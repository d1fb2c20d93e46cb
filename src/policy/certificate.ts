import type { AgentId, CellId } from '../ports.ts'
import type { Role } from './roles.ts'

/**
 * What the swarm's authority says of one agent. Times are wall milliseconds; both ends are meant.
 */
export interface Certificate {
  readonly swarm: string
  readonly agent: AgentId
  /** What people call it. */
  readonly name: string
  readonly roles: readonly Role[]
  /**
   * H3 cells of any resolution in which rights over others (airspace, jobs, commands) hold; none = everywhere.
   * Announcing one's own position is never out of scope: where a stray drone is, everyone must know.
   */
  readonly cells: readonly CellId[]
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Unique under its authority; rises. */
  readonly serial: number
  /** The revocation epoch when it was issued: whoever shows it should know of a list at least that new. */
  readonly epoch: number
}

/** What the authority's root key says of a key that issues certificates. */
export interface IssuerCertificate {
  readonly swarm: string
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Unique among the issuing keys of one root; rises. */
  readonly serial: number
}

/** A certificate with its issuer's, signatures verified up to the root, and the bytes they came in. */
export interface Credential {
  readonly certificate: Certificate
  readonly issuer: IssuerCertificate
  readonly bytes: Uint8Array
}

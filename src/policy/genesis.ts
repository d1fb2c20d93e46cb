import type { AgentId } from '../ports.ts'

/** A geo-zone file that the whole swarm flies by. */
export interface ZoneFile {
  readonly name: string
  /** SHA-256 of the file, 32 bytes. */
  readonly sha256: Uint8Array
}

/** The founding record of a swarm, signed by its root key: what every member agrees on before it meets another. */
export interface Genesis {
  readonly swarm: string
  /** 32 bytes, Ed25519: what all certificates go back to. */
  readonly rootKey: Uint8Array
  readonly createdMs: number
  /** Founding voters of the root group, sorted. */
  readonly voters: readonly AgentId[]
  /** What must be the same in the whole swarm. */
  readonly defaults: {
    /** ε: the clock error that everything is safe under. */
    readonly clockBoundMs: number
    /** H3 resolution of topic cells. */
    readonly cellResolution: number
    /** How long after its certificate's end a drone may still say where it is, to land or return. */
    readonly graceMs: number
    /** How long a shard may grant without hearing from the root group; 0 = without end. */
    readonly rootLeaseMs: number
  }
  readonly zones: readonly ZoneFile[]
}

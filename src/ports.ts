/**
 * What the core is given from outside. The core never reads a clock, draws a random number or touches a
 * key: a shell (`node/` or `sim/`) hands these in, so the same code runs on a drone and under virtual time.
 */

/**
 * The moment at which an input is handled.
 * `monoUs`: monotonic microseconds since an arbitrary origin; never goes back; intervals and ages use it.
 * `wallMs`: this node's idea of UTC, milliseconds since 1970; may step, drift or be plainly wrong.
 */
export interface Now {
  readonly monoUs: number
  readonly wallMs: number
}

/** Seeded randomness. `fork` gives an independent stream, so that a draw added here moves nothing there. */
export interface Random {
  /** Uniform in [0, 2^32). */
  u32(): number
  /** Uniform integer in [0, n), n >= 1. */
  int(n: number): number
  /** Uniform in [0, 1). */
  float(): number
  fork(name: string): Random
}

/** Cryptography, synchronous. Real nodes use Ed25519 and SHA-256; most simulations a cheap keyed stand-in. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean
  /** 32 bytes, SHA-256. */
  hash(bytes: Uint8Array): Uint8Array
}

/** A peer id in text (`12D3Koo…`): base58 of the libp2p identity multihash of the agent's Ed25519 key. */
export type AgentId = string

/** An H3 cell index in text, e.g. `881f8d4b07fffff`. */
export type CellId = string

/** One change to the node's ordered key-value store. Keys sort as bytes. */
export type StoreOp =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

/** Names one synced write; effects that must not happen before it is durable carry it as `after`. */
export type WriteToken = number

import type { Credential } from '../../src/policy/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { RevocationList } from '../../src/policy/revocations.ts'
import type { CborRow } from '../cbor-row.ts'
import { FrameError } from '../frame-error.ts'
import { agentIdOf } from '../identity/agent-id.ts'
import { CREDENTIAL_MAX, openCredential } from './certificate.ts'
import { GENESIS_MAX, openGenesis } from './genesis.ts'
import { openRevocations, REVOCATIONS_BYTES_MAX } from './revocations.ts'
import { openRecord, recordHolds, type Sign, sealRecord, type Verify } from './signed-record.ts'

/*
 * All that makes a data directory a member's: what `skein ca issue` writes and `skein init --join` reads. A record
 * as in signed-record.ts, signed by the issuing key that the credential names. Body, version 1:
 *
 *   [1, swarm, genesis, credential, revocation list | null, 32 B seed | null, [bootstrap address, …], psk | null]
 *
 * Genesis, credential and list are byte strings, exactly as those records are; psk is the content of a key file in
 * libp2p's form. With a seed (of the agent's key, RFC 8032) or a psk the file is a secret.
 */
const VERSION = 1
const BUNDLE_MAX = 262_144
const BOOTSTRAP_MAX = 64
const ADDRESS_MAX = 512
const PSK_MAX = 512
const FIELDS = 8

/** What goes into a bundle, as bytes where it is a record of its own. */
export interface Bundle {
  readonly swarm: string
  readonly genesis: Uint8Array
  readonly credential: Uint8Array
  readonly revocations: Uint8Array | null
  /** 32 bytes: the agent's secret key; null = the agent has it already. */
  readonly seed: Uint8Array | null
  /** Multiaddrs to dial first. */
  readonly bootstrap: readonly string[]
  /** A pre-shared key file of libp2p, a secret. */
  readonly psk: Uint8Array | null
}

/** A bundle with everything in it verified up to the root key that it brings. */
export interface OpenedBundle extends Bundle {
  readonly founding: Genesis
  readonly member: Credential
  readonly list: RevocationList | null
}

/** Signs a bundle. `sign`: with the issuing key that the credential names. */
export function sealBundle(bundle: Bundle, sign: Sign): Uint8Array {
  const { swarm, genesis, credential, revocations, seed, bootstrap, psk } = bundle
  const fields = [VERSION, swarm, genesis, credential, revocations, seed, bootstrap, psk]
  return sealRecord('bundle', swarm, fields, sign)
}

/**
 * Opens a bundle and verifies all of it up to the root key that it brings: whether that is the right root, only the
 * one who joins can say. `publicKeyOfSeed`: the 32-byte public half of a seed. Throws FrameError.
 */
export function openBundle(
  bytes: Uint8Array,
  verify: Verify,
  publicKeyOfSeed: (seed: Uint8Array) => Uint8Array,
): OpenedBundle {
  const record = openRecord(bytes, 'a bundle', VERSION, BUNDLE_MAX)
  const { row } = record
  if (row.length !== FIELDS) row.fail(row.length, 'one too many or too few')
  const bundle = readBundle(row)
  const { swarm } = bundle
  const founding = openGenesis(bundle.genesis, verify)
  if (founding.swarm !== swarm) row.fail(2, `the genesis of another swarm, '${founding.swarm}'`)
  const opened = openCredential(bundle.credential, founding, verify)
  if ('refusal' in opened) return row.fail(3, `no good credential: ${opened.reason}`)
  const member = opened.credential
  if (!recordHolds('bundle', swarm, record, member.issuer.publicKey, verify))
    throw new FrameError('malformed', 'a bundle that was altered: its signature does not match', 0)
  const { seed, revocations } = bundle
  if (seed !== null && agentIdOf(publicKeyOfSeed(seed)) !== member.certificate.agent)
    row.fail(5, 'the key of another agent than the certificate names')
  const list = revocations === null ? null : openRevocations(revocations, founding, verify)
  return { ...bundle, founding, member, list }
}

function readBundle(row: CborRow): Bundle {
  return {
    swarm: row.text(1, 63),
    genesis: row.blob(2, GENESIS_MAX),
    credential: row.blob(3, CREDENTIAL_MAX),
    revocations: row.isNull(4) ? null : row.blob(4, REVOCATIONS_BYTES_MAX),
    seed: row.isNull(5) ? null : row.bytes(5, 32),
    bootstrap: row.list(6, BOOTSTRAP_MAX, (list, at) => list.text(at, ADDRESS_MAX)),
    psk: row.isNull(7) ? null : row.blob(7, PSK_MAX),
  }
}

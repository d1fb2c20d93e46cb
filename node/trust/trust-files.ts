import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openCredential } from '../../protocols/trust/certificate.ts'
import { openGenesis } from '../../protocols/trust/genesis.ts'
import { openRevocations } from '../../protocols/trust/revocations.ts'
import type { Credential } from '../../src/policy/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import { type RevocationList, supersedes } from '../../src/policy/revocations.ts'
import type { AgentId } from '../../src/ports.ts'
import { writeFileDurably } from '../store/durable-file.ts'
import { TrustError, type TrustErrorCode } from './trust-error.ts'

/** Where a node keeps what it is trusted by, in its data directory. */
export const TRUST_DIR = 'trust'
export const GENESIS_FILE = 'genesis.cbor'
export const CREDENTIAL_FILE = 'credential.cbor'
export const REVOCATIONS_FILE = 'revocations.cbor'

const JOIN_AGAIN = 'Get a new bundle from the authority and run: skein init --join BUNDLE'

/** The founding record of this node's swarm; null = it belongs to none, and runs in an open swarm. Throws TrustError. */
export async function readGenesis(dataDir: string): Promise<Genesis | null> {
  const file = join(dataDir, TRUST_DIR, GENESIS_FILE)
  const bytes = await readIfThere(file)
  return bytes && opened('TRUST_GENESIS', file, () => openGenesis(bytes, verifyEd25519))
}

/** This node's own certificate. Its dates are for the agent to judge: an ended one may still bring it home. Throws TrustError. */
export async function readCredential(dataDir: string, genesis: Genesis, agent: AgentId): Promise<Credential> {
  const file = join(dataDir, TRUST_DIR, CREDENTIAL_FILE)
  const bytes = await readIfThere(file)
  if (bytes === null) {
    throw new TrustError(
      'TRUST_CREDENTIAL_MISSING',
      file,
      `this node has no certificate of swarm '${genesis.swarm}'`,
      JOIN_AGAIN,
    )
  }
  const result = openCredential(bytes, genesis, verifyEd25519)
  if ('refusal' in result) throw new TrustError('TRUST_CREDENTIAL', file, result.reason, JOIN_AGAIN)
  const { certificate } = result.credential
  if (certificate.agent !== agent) {
    throw new TrustError(
      'TRUST_CREDENTIAL',
      file,
      `the certificate is for ${certificate.agent}, and this node's key is that of ${agent}`,
      'Restore the identity that belongs to it, or get a certificate for this one',
    )
  }
  return result.credential
}

/** The newest revocation list this node was given or has heard of; null = none yet. Throws TrustError. */
export async function readRevocations(dataDir: string, genesis: Genesis): Promise<RevocationList | null> {
  const file = join(dataDir, TRUST_DIR, REVOCATIONS_FILE)
  const bytes = await readIfThere(file)
  return bytes && opened('TRUST_REVOCATIONS', file, () => openRevocations(bytes, genesis, verifyEd25519))
}

/** Keeps a list for the next start, unless a newer one is there already. */
export async function keepRevocations(
  dataDir: string,
  genesis: Genesis,
  list: RevocationList,
): Promise<void> {
  const held = await readRevocations(dataDir, genesis).catch(() => null)
  if (supersedes(list, held)) {
    await writeFileDurably(join(dataDir, TRUST_DIR, REVOCATIONS_FILE), list.bytes)
  }
}

async function readIfThere(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    const advice = 'It must be a plain file that belongs to the user skein runs as'
    throw new TrustError('TRUST_UNREADABLE', file, `could not be read (${code})`, advice, { cause })
  }
}

function opened<T>(code: TrustErrorCode, file: string, open: () => T): T {
  try {
    return open()
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new TrustError(code, file, what, JOIN_AGAIN, { cause })
  }
}

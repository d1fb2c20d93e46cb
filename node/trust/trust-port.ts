import { join } from 'node:path'
import { sealAck, sealCommand } from '../../protocols/command/codec.ts'
import { FrameError } from '../../protocols/frame-error.ts'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openHead, sealHead } from '../../protocols/trust/head.ts'
import { openRevocations } from '../../protocols/trust/revocations.ts'
import type { TrustPort } from '../../src/agent/trust-port.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { Signer } from '../../src/ports.ts'
import type { Config } from '../config/schema.ts'
import type { Identity } from '../identity/identity.ts'
import { TrustError } from './trust-error.ts'
import { CREDENTIAL_FILE, readCredential, readRevocations, TRUST_DIR } from './trust-files.ts'

/** What the agent of a closed swarm is given. Throws TrustError: each says which file, and what to do. */
export async function openTrust(
  config: Config,
  genesis: Genesis,
  identity: Identity,
  signer: Signer,
): Promise<TrustPort> {
  const own = await readCredential(config.dataDir, genesis, identity.agent)
  const { roles } = own.certificate
  if (!roles.includes(config.role)) {
    throw new TrustError(
      'TRUST_ROLE',
      join(config.dataDir, TRUST_DIR, CREDENTIAL_FILE),
      `the certificate makes this node ${roles.join(' and ') || 'nothing'}, and the configuration says role '${config.role}'`,
      'Set the role that the certificate names, or have another one issued',
    )
  }
  return {
    genesis,
    own,
    revocations: await readRevocations(config.dataDir, genesis),
    sealHead: head => sealHead(head, genesis.swarm, signer.sign),
    sealCommand: command => sealCommand(command, genesis.swarm, signer.sign),
    sealAck: ack => sealAck(ack, genesis.swarm, signer.sign),
    recall: {
      revocations: bytes => ifItHolds(() => openRevocations(bytes, genesis, verifyEd25519)),
      head: bytes => ifItHolds(() => openHead(bytes, genesis.swarm, verifyEd25519)),
    },
  }
}

function ifItHolds<T>(open: () => T): T | null {
  try {
    return open()
  } catch (error) {
    if (error instanceof FrameError) return null
    throw error
  }
}

import { toString as textOf } from 'uint8arrays'
import { FrameError } from '../../protocols/frame-error.ts'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openRevocations } from '../../protocols/trust/revocations.ts'
import type { Agent } from '../../src/agent/agent.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import { fingerprintOf } from '../authority/fingerprint.ts'
import type { TrustView } from '../interface.ts'
import type { Logger } from '../log.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { watchTrust } from './watch.ts'

/** A revocation list that can't be taken. Says what is wrong with it. */
export class TrustRefusedError extends Error {
  override readonly name = 'TrustRefusedError'
  readonly code: 'open-swarm' | 'malformed'

  constructor(code: TrustRefusedError['code'], message: string) {
    super(message)
    this.code = code
  }
}

export interface TrustDeskInit {
  readonly dataDir: string
  readonly genesis: Genesis | null
  readonly agent: Agent
  readonly runtime: Runtime
  readonly log: Logger
  /** A new certificate is shown from now on. */
  readonly onRenewed: () => void
}

/** Where operators reach the node's trust: by its files, by its API, and to look. */
export interface TrustDesk {
  /** Null in an open swarm. */
  view(): TrustView | null
  /** Takes a revocation list as its bytes, and passes it on. Throws TrustRefusedError. */
  revoke(bytes: Uint8Array): Promise<{ readonly taken: boolean; readonly epoch: number }>
  stop(): void
}

/** Opens the desk: from now on changed files are seen. */
export function openTrustDesk({
  dataDir,
  genesis,
  agent,
  runtime,
  log,
  onRenewed,
}: TrustDeskInit): TrustDesk {
  const { trusting } = agent
  if (genesis === null || trusting === null) return NO_DESK
  const { membership, witness } = trusting
  const unwatch = watchTrust({
    dataDir,
    genesis,
    agent: agent.config.agent,
    log,
    onCredential: credential => {
      const { serial } = credential.certificate
      const refused = runtime.renew(credential)
      if (refused === null) {
        log.info({ serial }, 'the certificate was renewed')
        onRenewed()
      } else log.error({ serial, reason: refused }, 'the new certificate is not taken')
    },
    onRevocations: list => {
      runtime.revoke(list).catch((err: Error) => log.error({ err }, 'a revocation list is not on disk'))
    },
  })
  return {
    view: () => ({
      swarm: genesis.swarm,
      root: fingerprintOf(genesis.rootKey),
      epoch: membership.epoch,
      revoked: membership.revocations?.revocations ?? [],
      witnessed: [...witness.heads()].map(({ agent: author, boot, seq, hash, bytes }) => ({
        agent: author,
        boot,
        seq,
        hash: textOf(hash, 'hex'),
        head: textOf(bytes, 'hex'),
      })),
    }),
    revoke: async bytes => {
      try {
        const taken = await runtime.revoke(openRevocations(bytes, genesis, verifyEd25519))
        return { taken, epoch: membership.epoch }
      } catch (error) {
        if (error instanceof FrameError) throw new TrustRefusedError('malformed', error.message)
        throw error
      }
    },
    stop: unwatch,
  }
}

const NO_DESK: TrustDesk = {
  view: () => null,
  revoke: async () => {
    throw new TrustRefusedError(
      'open-swarm',
      'this node runs an open swarm: nobody has a certificate to revoke',
    )
  },
  stop: () => {},
}

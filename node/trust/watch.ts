import { watch } from 'node:fs'
import { join } from 'node:path'
import type { Credential } from '../../src/policy/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { RevocationList } from '../../src/policy/revocations.ts'
import type { AgentId } from '../../src/ports.ts'
import type { Logger } from '../log.ts'
import {
  CREDENTIAL_FILE,
  REVOCATIONS_FILE,
  readCredential,
  readRevocations,
  TRUST_DIR,
} from './trust-files.ts'

/** Files are written aside and renamed: several changes in a row are one. */
const SETTLE_MS = 100

export interface TrustWatchInit {
  readonly dataDir: string
  readonly genesis: Genesis
  readonly agent: AgentId
  readonly log: Logger
  readonly onCredential: (credential: Credential) => void
  readonly onRevocations: (list: RevocationList) => void
}

/** Sees a renewed certificate or a new revocation list in the data directory of a node that runs. Returns how to stop. */
export function watchTrust(init: TrustWatchInit): () => void {
  const { dataDir, genesis, agent, log } = init
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | null = null
  const read = async (): Promise<void> => {
    timer = null
    const files = [...changed]
    changed.clear()
    if (files.includes(CREDENTIAL_FILE)) init.onCredential(await readCredential(dataDir, genesis, agent))
    if (!files.includes(REVOCATIONS_FILE)) return
    const list = await readRevocations(dataDir, genesis)
    if (list !== null) init.onRevocations(list)
  }
  const watcher = watch(join(dataDir, TRUST_DIR), { persistent: false }, (_, file) => {
    if (file === null) return
    changed.add(file)
    timer ??= setTimeout(
      () => void read().catch((err: Error) => log.error({ err }, 'a trust file was changed and is not used')),
      SETTLE_MS,
    )
  })
  watcher.on('error', err =>
    log.error({ err }, 'the trust files are not watched any more: restart after changes'),
  )
  return () => {
    watcher.close()
    if (timer !== null) clearTimeout(timer)
  }
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FrameError } from '../../protocols/frame-error.ts'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openGenesis } from '../../protocols/trust/genesis.ts'
import { openRevocations } from '../../protocols/trust/revocations.ts'
import type { AuthorityState } from './authority.ts'
import { AuthorityError } from './authority-error.ts'
import { readIssuingKey } from './issuing-files.ts'
import { type Registry, readRegistry } from './registry.ts'

interface AuthorityFiles {
  readonly state: Omit<AuthorityState, 'root'>
  readonly registry: Registry
}

/** Reads everything but the root key, and verifies it. @throws AuthorityError */
export async function readAuthorityFiles(dir: string): Promise<AuthorityFiles> {
  const genesis = await readFile(join(dir, 'genesis.cbor')).catch(cause => {
    throw new AuthorityError(
      'AUTHORITY_MISSING',
      `${dir} holds no authority`,
      'Make one with skein ca init, or say where it is: --dir DIR',
      { cause },
    )
  })
  try {
    return await readVerified(dir, Uint8Array.from(genesis))
  } catch (cause) {
    if (cause instanceof AuthorityError) throw cause
    const what = cause instanceof Error ? cause.message : String(cause)
    const isDamage = cause instanceof FrameError || (cause instanceof Error && 'code' in cause)
    if (!isDamage) throw cause
    throw new AuthorityError(
      'AUTHORITY_DAMAGED',
      `the authority in ${dir} is damaged: ${what}`,
      'Restore the directory from a backup',
      { cause },
    )
  }
}

async function readVerified(dir: string, genesis: Uint8Array): Promise<AuthorityFiles> {
  const founding = openGenesis(genesis, verifyEd25519)
  const issuing = await readIssuingKey(dir, founding)
  const registry = await readRegistry(join(dir, 'registry.ndjson'), founding)
  const revocations = await readFile(join(dir, 'revocations.cbor')).then(
    bytes => Uint8Array.from(bytes),
    error => {
      if (error.code === 'ENOENT') return null
      throw error
    },
  )
  if (revocations !== null) openRevocations(revocations, founding, verifyEd25519)
  return { state: { genesis, issuing, issued: registry.issued, revocations }, registry }
}

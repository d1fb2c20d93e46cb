import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openGenesis } from '../../protocols/trust/genesis.ts'
import { equalBytes } from '../../src/bytes.ts'
import { syncDir, writeFileDurably } from '../store/durable-file.ts'
import { Authority, type Issued } from './authority.ts'
import { AuthorityError } from './authority-error.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type Founding, foundSwarm } from './found.ts'
import { writeIssuingKey } from './issuing-files.ts'
import { readKeyFile, writeKeyFile } from './key-file.ts'
import type { IssuingKey, SecretKey } from './keys.ts'
import { lock } from './lock.ts'
import { readAuthorityFiles } from './read-files.ts'
import { appendToRegistry } from './registry.ts'

/*
 * An authority on disk, mode 0700:
 *
 *   genesis.cbor       the founding record
 *   root.key           unless it was put elsewhere
 *   issuing-N.cbor     what the root key says of issuing key N
 *   issuing-N.key      its secret half; of the newest only, the older ones are not needed
 *   registry.ndjson    everything ever issued
 *   revocations.cbor   the newest list, if there is one
 *   lock               while a command is at work
 */
const ROOT_KEY = 'root.key'

/** Where the root key is, and what opens it. */
export interface RootKeyPlace {
  /** null = in the directory. */
  readonly file: string | null
  readonly passphrase: string | null
}

/** An authority that a command works on, and how it makes durable what that did, before it hands out anything. */
export interface KeptAuthority {
  readonly authority: Authority
  saveIssued(issued: readonly Issued[]): Promise<void>
  saveRevocations(list: Uint8Array): Promise<void>
  saveIssuingKey(key: IssuingKey): Promise<void>
}

/** Founds a swarm in a directory that must be new or empty: all of it is there when this resolves, or nothing. */
export async function foundAuthority(
  dir: string,
  founding: Founding,
  place: RootKeyPlace,
  nowMs: number,
): Promise<Authority> {
  const { genesis, root, issuing } = foundSwarm(founding, nowMs)
  await refuseToReplace(dir)
  const rootFile = place.file
  const above = dirname(dir)
  try {
    await mkdir(above, { recursive: true, mode: 0o700 })
    // mkdtemp: mode 0700.
    const next = await mkdtemp(join(above, `.${basename(dir)}-`))
    let madeElsewhere: string | null = null
    try {
      await writeIssuingKey(next, issuing)
      await writeFile(join(next, 'registry.ndjson'), '', { mode: 0o600, flush: true })
      await writeFileDurably(join(next, 'genesis.cbor'), genesis)
      await writeKeyFile(rootFile ?? join(next, ROOT_KEY), root, place.passphrase)
      madeElsewhere = rootFile
      await rename(next, dir)
    } catch (error) {
      // The root key of nothing; and the next try would find it in its way.
      if (madeElsewhere !== null) await rm(madeElsewhere, { force: true })
      await rm(next, { recursive: true, force: true })
      throw error
    }
    await syncDir(above)
  } catch (cause) {
    throw new AuthorityError(
      'AUTHORITY_UNWRITABLE',
      `the authority could not be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Choose a --dir and a --root-key that this user may write to, and that are not there yet',
      { cause },
    )
  }
  return new Authority({ genesis, root, issuing, issued: [], revocations: null }, () => nowMs)
}

/** Reads an authority, to look at. @throws AuthorityError */
export async function readAuthority(dir: string, nowMs: () => number): Promise<Authority> {
  const { state } = await readAuthorityFiles(dir)
  return new Authority({ ...state, root: null }, nowMs)
}

/**
 * Works on an authority; no other command does meanwhile. `place`: of the root key, null when it is not needed.
 * Throws AuthorityError when the directory holds none, is damaged or in use, or the key is not its root key.
 */
export async function withAuthority<T>(
  dir: string,
  options: { readonly nowMs: () => number; readonly place: RootKeyPlace | null },
  work: (kept: KeptAuthority) => Promise<T>,
): Promise<T> {
  // First of all, so that a directory that is none gets no lock.
  await readAuthorityFiles(dir)
  const unlock = await lock(join(dir, 'lock'))
  try {
    const { state, registry } = await readAuthorityFiles(dir)
    const root = options.place === null ? null : await readRootKey(dir, options.place, state.genesis)
    const authority = new Authority({ ...state, root }, options.nowMs)
    return await work({
      authority,
      saveIssued: issued => appendToRegistry(registry, issued),
      saveRevocations: list => writeFileDurably(join(dir, 'revocations.cbor'), list),
      saveIssuingKey: key => writeIssuingKey(dir, key),
    })
  } finally {
    await unlock()
  }
}

async function readRootKey(dir: string, place: RootKeyPlace, genesis: Uint8Array): Promise<SecretKey> {
  const path = place.file ?? join(dir, ROOT_KEY)
  const { swarm, rootKey } = openGenesis(genesis, verifyEd25519)
  const key = await readKey(path, place.passphrase)
  if (equalBytes(key.signer.publicKey, rootKey)) return key
  throw new AuthorityError(
    'AUTHORITY_ROOT_NEEDED',
    `${path} is not the root key of swarm '${swarm}'`,
    `Give the one with fingerprint ${fingerprintOf(rootKey)}: --root-key FILE`,
  )
}

async function readKey(path: string, passphrase: string | null): Promise<SecretKey> {
  try {
    return await readKeyFile(path, passphrase)
  } catch (cause) {
    if (cause instanceof AuthorityError) throw cause
    throw new AuthorityError(
      'AUTHORITY_ROOT_NEEDED',
      `this needs the root key, and ${path} could not be read`,
      'Say where it is: --root-key FILE',
      { cause },
    )
  }
}

async function refuseToReplace(dir: string): Promise<void> {
  const there = await readdir(dir).catch((): readonly string[] => [])
  if (there.length === 0) return
  throw new AuthorityError(
    'AUTHORITY_EXISTS',
    there.includes('genesis.cbor') ? `${dir} holds an authority already` : `${dir} is not empty`,
    'Choose another --dir; nothing was changed',
  )
}

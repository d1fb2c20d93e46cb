import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openIssuer } from '../../protocols/trust/certificate.ts'
import { equalBytes } from '../../src/bytes.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import { writeFileDurably } from '../store/durable-file.ts'
import { AuthorityError } from './authority-error.ts'
import { readKeyFile, writeKeyFile } from './key-file.ts'
import type { IssuingKey } from './keys.ts'

const FORM = /^issuing-(\d+)\.cbor$/

/**
 * Writes a new issuing key. Its certificate comes last and makes it the one that counts; then the secret halves of
 * the older ones go. One whose certificate was never written signed nothing, and is replaced.
 */
export async function writeIssuingKey(dir: string, key: IssuingKey): Promise<void> {
  const { serial } = key.certificate
  const file = join(dir, `issuing-${serial}`)
  await rm(`${file}.key`, { force: true })
  await writeKeyFile(`${file}.key`, key, null)
  await writeFileDurably(`${file}.cbor`, key.bytes)
  await rm(join(dir, `issuing-${serial - 1}.key`), { force: true })
}

/** Reads the newest issuing key and verifies that the root key named it. Throws FrameError or AuthorityError. */
export async function readIssuingKey(dir: string, genesis: Genesis): Promise<IssuingKey> {
  const serials = (await readdir(dir)).map(name => Number(FORM.exec(name)?.[1] ?? 0))
  const file = join(dir, `issuing-${Math.max(...serials, 1)}`)
  const bytes = Uint8Array.from(await readFile(`${file}.cbor`))
  const certificate = openIssuer(bytes, genesis, verifyEd25519)
  const key = await readKeyFile(`${file}.key`, null)
  if (equalBytes(key.signer.publicKey, certificate.publicKey)) return { ...key, certificate, bytes }
  throw new AuthorityError(
    'AUTHORITY_DAMAGED',
    `${file}.key is not the key that ${file}.cbor names`,
    'Restore both from a backup, or make a new issuing key: skein ca rotate',
  )
}

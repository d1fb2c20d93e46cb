import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDir, writeFileDurably } from '../durable-file.ts'
import { IDENTITY_FILE, LOG_DIR, SEALED_DIR } from '../layout.ts'
import { isSealed } from './sealed-file.ts'
import { pskPath, sealPsk } from './sealed-psk.ts'

/** In an encrypted directory: there is, or may be, something that was not encrypted yet, or is decrypted already. */
const MARK = join(SEALED_DIR, 'plain-left')

/** Before the first of it comes to be, and while the directory is an encrypted one. */
export async function markPlainLeft(dir: string): Promise<void> {
  await mkdir(join(dir, SEALED_DIR), { recursive: true, mode: 0o700 })
  await writeFileDurably(join(dir, MARK), '')
}

/** Ends a conversion that was interrupted: takes away what an encrypted directory must not have in plain. */
export async function finishSealing(dir: string, dataKey: KeyObject): Promise<void> {
  if (!existsSync(join(dir, MARK))) return
  await sealPsk(dir, dataKey)
  await removePlain(dir)
  await rm(join(dir, MARK))
  await syncDir(join(dir, SEALED_DIR))
}

/** Log and identity of the plain layout, and halves of an identity that was being written when the power went. */
export async function removePlain(dir: string): Promise<void> {
  for (const name of await readdir(dir))
    if (name === LOG_DIR || name.startsWith(IDENTITY_FILE)) await rm(join(dir, name), { recursive: true })
  await syncDir(dir)
}

/** What an encrypted directory has in plain all the same, by name. */
export async function plainIn(dir: string): Promise<readonly string[]> {
  const names = (await readdir(dir)).filter(
    name => name.startsWith(LOG_DIR) || name.startsWith(IDENTITY_FILE),
  )
  const psk = await readFile(pskPath(dir)).catch(() => null)
  return psk === null || isSealed(psk) ? names : [...names, pskPath('')]
}

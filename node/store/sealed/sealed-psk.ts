import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '../durable-file.ts'
import { StoreError } from '../store-error.ts'
import { isSealed, openSealed, sealFile } from './sealed-file.ts'

/*
 * The pre-shared key of the network, where `skein init --join` puts it. Configurations name that path, so it stays, and
 * what is in it says whether it is encrypted. One that lies elsewhere is the operator's own.
 */
const PSK_NAME = 'psk.key'

export const pskPath = (dir: string): string => join(dir, 'trust', PSK_NAME)

/** What is to be written to `pskPath`. */
export function pskContent(psk: Uint8Array, dataKey: KeyObject | null): Uint8Array | string {
  return dataKey === null ? psk : sealFile(dataKey, PSK_NAME, psk)
}

/** Reads a pre-shared key, encrypted or not. @throws StoreError `store-encrypted`, `store-wrong-key`, `store-unusable` */
export async function readPsk(file: string, dataKey: KeyObject | null): Promise<Uint8Array> {
  const content = await readFile(file)
  if (!isSealed(content)) return content
  const advice = 'Run skein init --join again, or restore it together with its data directory'
  if (dataKey === null)
    throw new StoreError('store-encrypted', file, 'is encrypted, and no key is set', advice)
  const psk = openSealed(dataKey, PSK_NAME, content)
  if (psk === 'newer') {
    throw new StoreError(
      'store-newer-version',
      file,
      'was written by a newer Skein',
      'Start the newer program',
    )
  }
  if (psk === 'damaged') throw new StoreError('store-unusable', file, 'is damaged', advice)
  if (psk === 'refused')
    throw new StoreError('store-wrong-key', file, 'is altered, or of another directory', advice)
  return psk
}

/** Encrypts it where it is, if it is there and is not. */
export async function sealPsk(dir: string, dataKey: KeyObject): Promise<void> {
  const psk = await readIfThere(pskPath(dir))
  if (psk !== null && !isSealed(psk)) await writeFileDurably(pskPath(dir), pskContent(psk, dataKey))
}

export async function unsealPsk(dir: string, dataKey: KeyObject): Promise<void> {
  const psk = await readIfThere(pskPath(dir))
  if (psk !== null && isSealed(psk))
    await writeFileDurably(pskPath(dir), await readPsk(pskPath(dir), dataKey))
}

async function readIfThere(file: string): Promise<Uint8Array | null> {
  return readFile(file).catch(error => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
}

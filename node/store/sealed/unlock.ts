import { type KeyObject, randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkKey, usable } from '../data-dir.ts'
import { writeFileDurably } from '../durable-file.ts'
import { dataKeyPath, readLayout, SEALED_DIR, writeLayout } from '../layout.ts'
import { StoreError } from '../store-error.ts'
import { secretKey } from './gcm.ts'
import { isKeySet, type KeySource, nameOfSource, readKey } from './key-source.ts'
import { openSealed, sealFile } from './sealed-file.ts'

/*
 * A data directory has one random data key, that never changes and under which everything else is. It lies in the
 * directory itself, wrapped under the key of the configuration: that one can be exchanged without touching the data.
 */
const DATA_KEY_BYTES = 32
const DATA_KEY_NAME = 'data-key'

/**
 * The data key of a directory; null when it is not encrypted and is not to be. One in which nothing is yet becomes an
 * encrypted one, if a key is set. @throws StoreError
 */
export async function unlockData(dir: string, source: KeySource): Promise<KeyObject | null> {
  return usable(dir, async () => {
    const layout = await readLayout(dir)
    if (layout !== null) checkKey(dir, layout, isKeySet(source))
    if (layout === 'sealed') return unwrapDataKey(dir, source)
    return layout === null && isKeySet(source) ? beginSealed(dir, source) : null
  })
}

/** The version comes last: until it is there, the directory is new, and another data key is made. */
async function beginSealed(dir: string, source: KeySource): Promise<KeyObject> {
  const dataKey = await makeDataKey(dir, source)
  await writeLayout(dir, 'sealed')
  return dataKey
}

/** A new data key, wrapped and on disk when it resolves. */
export async function makeDataKey(dir: string, source: KeySource): Promise<KeyObject> {
  const bytes = randomBytes(DATA_KEY_BYTES)
  const key = await readKey(source, dir)
  await mkdir(join(dir, SEALED_DIR), { recursive: true, mode: 0o700 })
  await writeFileDurably(dataKeyPath(dir), sealFile(key, DATA_KEY_NAME, bytes))
  return secretKey(bytes)
}

/**
 * Wraps the data key under another key. One or the other opens the directory at any moment, and only the other when this
 * resolves. @throws StoreError
 */
export async function rewrapDataKey(dir: string, from: KeySource, to: KeySource): Promise<void> {
  return usable(dir, async () => {
    if ((await readLayout(dir)) !== 'sealed') {
      const advice = 'Run: skein data encrypt'
      throw new StoreError('store-not-encrypted', dir, 'is not encrypted: it has no key to change', advice)
    }
    checkKey(dir, 'sealed', isKeySet(from))
    const dataKey = await unwrapDataKey(dir, from)
    const key = await readKey(to, dir)
    await writeFileDurably(dataKeyPath(dir), sealFile(key, DATA_KEY_NAME, dataKey.export()))
  })
}

async function unwrapDataKey(dir: string, source: KeySource): Promise<KeyObject> {
  const file = dataKeyPath(dir)
  const content = await readFile(file).catch(cause => {
    const what = `its data key can't be read (${cause.code}: ${file})`
    throw new StoreError('store-unusable', dir, what, 'Restore that file from a backup', { cause })
  })
  const opened = openSealed(await readKey(source, dir), DATA_KEY_NAME, content)
  if (typeof opened === 'object') return secretKey(opened)
  if (opened === 'newer') {
    const advice = 'Start the newer program; nothing was changed'
    throw new StoreError('store-newer-version', dir, `${file} was written by a newer Skein`, advice)
  }
  if (opened === 'damaged') {
    throw new StoreError('store-unusable', dir, `${file} is damaged`, 'Restore that file from a backup')
  }
  throw new StoreError(
    'store-wrong-key',
    dir,
    `the key from ${nameOfSource(source)} does not open it`,
    `Set dataKey to the key it was encrypted with, or changed to by skein data rekey; if it is that one, ${file} is damaged`,
  )
}

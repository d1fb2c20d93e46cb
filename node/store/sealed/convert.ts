import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { createIdentity, loadIdentity } from '../../identity/identity.ts'
import { checkKey, usable } from '../data-dir.ts'
import { syncDir, writeFileDurably } from '../durable-file.ts'
import { identityPath, readLayout, SEALED_DIR, writeLayout } from '../layout.ts'
import { openStore } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { type CopyOptions, copyLog } from './copy-log.ts'
import { isKeySet, type KeySource } from './key-source.ts'
import { finishSealing, markPlainLeft, removePlain } from './leftovers.ts'
import { unsealPsk } from './sealed-psk.ts'
import { makeDataKey, unlockData } from './unlock.ts'

/*
 * Takes a data directory from one layout to the other. Everything is first written again beside what is in force, put on
 * disk and read back; then the file `version` is replaced, which is the one step that counts; then the old is removed.
 * Interrupted before that step, the directory is as it was; after it, converted. No node can open it meanwhile.
 */
export type ConvertStep = 'key' | 'copy' | 'check' | 'identity' | 'switch' | 'remove' | 'done'
export interface ConvertOptions extends CopyOptions {
  /** Told what comes next. */
  readonly onStep?: (step: ConvertStep) => Promise<void> | void
}

/** False: it was encrypted before; if that had been interrupted, what was left in plain is gone now. @throws StoreError */
export function encryptData(dir: string, source: KeySource, options: ConvertOptions): Promise<boolean> {
  return usable(dir, async () => {
    checkKey(dir, 'sealed', isKeySet(source))
    const layout = await readLayout(dir)
    if (layout === null) throw empty(dir, 'With dataKey set, a node encrypts it from its first start on')
    if (layout === 'plain') {
      await finishSealing(dir, await sealAll(dir, source, options))
      await options.onStep?.('done')
      return true
    }
    const key = await unlockData(dir, source)
    // Opening it ends what was interrupted.
    await (await openStore(dir, { key, reserveBytes: null })).close()
    return false
  })
}

/** False: it was not encrypted; if decrypting had been interrupted, what was left of it is gone now. @throws StoreError */
export function decryptData(dir: string, source: KeySource, options: ConvertOptions): Promise<boolean> {
  return usable(dir, async () => {
    const layout = await readLayout(dir)
    if (layout === null) throw empty(dir, 'Check the path')
    if (layout === 'sealed') await unsealAll(dir, source, options)
    await removeSealed(dir)
    await options.onStep?.('done')
    return layout === 'sealed'
  })
}

/** Under the lock of what is in force: of somebody who encrypts just now, it would be the half that counts next. */
async function removeSealed(dir: string): Promise<void> {
  const store = await openStore(dir, { reserveBytes: null })
  try {
    await rm(join(dir, SEALED_DIR), { recursive: true, force: true })
    await syncDir(dir)
  } finally {
    await store.close()
  }
}

function empty(dir: string, advice: string): StoreError {
  return new StoreError('store-unusable', dir, 'there is no data of a node here', advice)
}

async function sealAll(dir: string, source: KeySource, options: ConvertOptions): Promise<KeyObject> {
  const { onStep } = options
  const store = await openStore(dir, { reserveBytes: null })
  try {
    await onStep?.('key')
    await rm(join(dir, SEALED_DIR), { recursive: true, force: true })
    const key = await makeDataKey(dir, source)
    await copyLog(store, key, options)
    await onStep?.('identity')
    if (existsSync(identityPath(dir, 'plain'))) await createIdentity(dir, (await loadIdentity(dir)).seed, key)
    await markPlainLeft(dir)
    await syncDir(dir)
    await onStep?.('switch')
    await writeLayout(dir, 'sealed')
    await onStep?.('remove')
    return key
  } catch (error) {
    if ((await readLayout(dir)) === 'plain') await rm(join(dir, SEALED_DIR), { recursive: true, force: true })
    throw error
  } finally {
    await store.close()
  }
}

async function unsealAll(dir: string, source: KeySource, options: ConvertOptions): Promise<void> {
  const { onStep } = options
  await onStep?.('key')
  const key = await unlockData(dir, source)
  const store = await openStore(dir, { key, reserveBytes: null })
  try {
    await markPlainLeft(dir)
    await removePlain(dir)
    await copyLog(store, null, options)
    await onStep?.('identity')
    if (key !== null && existsSync(identityPath(dir, 'sealed'))) {
      const { privateKey } = await loadIdentity(dir, key)
      await writeFileDurably(identityPath(dir, 'plain'), privateKeyToProtobuf(privateKey))
    }
    if (key !== null) await unsealPsk(dir, key)
    await syncDir(dir)
    await onStep?.('switch')
    await writeLayout(dir, 'plain')
    await onStep?.('remove')
  } finally {
    await store.close()
  }
}

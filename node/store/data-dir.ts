import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere } from './durable-file.ts'
import { type Layout, readLayout, VERSION_FILE, writeLayout } from './layout.ts'
import { isNoSpace, StoreError } from './store-error.ts'

const HOLDER_FILE = 'in-use-by'

/**
 * Makes the directory if missing, and refuses one of a newer program, an encrypted one without its key, and a key for one
 * that is not encrypted. @throws StoreError
 */
export async function prepareDataDir(dir: string, hasKey: boolean): Promise<Layout> {
  return usable(dir, async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const layout = (await readLayout(dir)) ?? 'plain'
    checkKey(dir, layout, hasKey)
    if (!existsSync(join(dir, VERSION_FILE))) {
      // A full disk is the reserve's business: the version is written at the next start.
      await writeLayout(dir, layout).catch(error => {
        if (!isNoSpace(error)) throw error
      })
    }
    return layout
  })
}

/** @throws StoreError in place of what the system says */
export async function usable<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StoreError) throw cause
    if (isNoSpace(cause)) {
      const advice = 'Free some space on this disk'
      throw new StoreError('store-full', dir, 'the disk is full', advice, { cause })
    }
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    const what = `cannot be used as data directory: ${cause.message}`
    throw new StoreError('store-unusable', dir, what, USABLE, { cause })
  }
}

const USABLE = 'Choose a --data-dir that this user may write to'

/** Whether a directory laid out like this is opened with a key. @throws StoreError */
export function checkKey(dir: string, layout: Layout, hasKey: boolean): void {
  if (layout === 'sealed' && !hasKey) {
    throw new StoreError(
      'store-encrypted',
      dir,
      'is encrypted, and no key for it is configured',
      'Set dataKey.file or dataKey.command to what it was encrypted with',
    )
  }
  if (layout === 'plain' && hasKey) {
    throw new StoreError(
      'store-not-encrypted',
      dir,
      'is not encrypted, and a key for it is configured',
      'Run: skein data encrypt, with the same configuration and while the node is stopped; or leave dataKey out',
    )
  }
}

/** Leaves a note of who holds the directory. LevelDB's lock is what counts; this is for the message. */
export async function noteHolder(dir: string): Promise<void> {
  await writeFile(join(dir, HOLDER_FILE), `${process.pid}\n`).catch(() => undefined)
}

export async function removeHolder(dir: string): Promise<void> {
  await rm(join(dir, HOLDER_FILE), { force: true }).catch(() => undefined)
}

/** Pid of the process that holds the directory, if it is known and alive. */
export async function holderOf(dir: string): Promise<number | null> {
  const pid = Number(await readIfThere(join(dir, HOLDER_FILE)).catch(() => null))
  if (!Number.isInteger(pid) || pid <= 0) return null
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? pid : null
  }
}

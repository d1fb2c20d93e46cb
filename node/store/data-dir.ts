import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, writeFileDurably } from './durable-file.ts'
import { isNoSpace, StoreError } from './store-error.ts'

/** Layout of a data directory. Raised when an older program could no longer make sense of it. */
const DATA_DIR_VERSION = 1
const VERSION_FILE = 'version'
const HOLDER_FILE = 'in-use-by'
const VERSION_FORM = /^skein data directory (\d+)\n?$/

/** Makes the directory if missing, and refuses one of a newer program. @throws StoreError */
export async function prepareDataDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const text = await readIfThere(join(dir, VERSION_FILE))
    if (text === null)
      await writeFileDurably(join(dir, VERSION_FILE), `skein data directory ${DATA_DIR_VERSION}\n`)
    else checkVersion(dir, text)
  } catch (cause) {
    if (cause instanceof StoreError) throw cause
    // A full disk is the reserve's business: the version is written at the next start.
    if (isNoSpace(cause)) return
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new StoreError('store-unusable', dir, `cannot be used as data directory: ${what}`, USABLE, {
      cause,
    })
  }
}

const USABLE = 'Choose a --data-dir that this user may write to'

function checkVersion(dir: string, text: string): void {
  const version = Number(VERSION_FORM.exec(text)?.[1])
  if (Number.isNaN(version)) {
    const what = `its file "${VERSION_FILE}" is not one of Skein's`
    throw new StoreError('store-unusable', dir, what, 'Choose another --data-dir, or restore that file')
  }
  if (version > DATA_DIR_VERSION) {
    throw new StoreError(
      'store-newer-version',
      dir,
      `was written by a newer Skein (data version ${version}, this program knows ${DATA_DIR_VERSION})`,
      'Start the newer program, or choose another --data-dir; nothing was changed',
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

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere, writeFileDurably } from './durable-file.ts'
import { StoreError } from './store-error.ts'

/**
 * plain: log and identity at the top of the data directory. sealed: both under `sealed/`, encrypted, beside the data key
 * that is wrapped there. Which of them holds is said by the file `version` alone, so one rename takes a directory from one
 * to the other; what is then left of the other is of no account.
 */
export type Layout = 'plain' | 'sealed'

/** Raised when an older program could no longer make sense of the directory. One that is not encrypted stays readable for the first. */
const VERSIONS: Readonly<Record<Layout, number>> = { plain: 1, sealed: 2 }
const NEWEST_VERSION = VERSIONS.sealed
export const VERSION_FILE = 'version'
const VERSION_FORM = /^skein data directory (\d+)\n?$/

export const SEALED_DIR = 'sealed'
export const LOG_DIR = 'log'
export const IDENTITY_FILE = 'identity.key'

const rootOf = (dir: string, layout: Layout): string => (layout === 'plain' ? dir : join(dir, SEALED_DIR))
export const logPath = (dir: string, layout: Layout): string => join(rootOf(dir, layout), LOG_DIR)
export const identityPath = (dir: string, layout: Layout): string => join(rootOf(dir, layout), IDENTITY_FILE)
export const dataKeyPath = (dir: string): string => join(dir, SEALED_DIR, 'data-key')

/** How a data directory is laid out; null = nothing is in it yet. @throws StoreError */
export async function readLayout(dir: string): Promise<Layout | null> {
  const text = await readIfThere(join(dir, VERSION_FILE))
  if (text !== null) return layoutOfVersion(dir, text)
  const holds = (layout: Layout): boolean =>
    existsSync(logPath(dir, layout)) || existsSync(identityPath(dir, layout))
  if (holds('sealed')) throw unknownVersion(dir, 'is missing')
  // An identity comes before the log, and a log before the version where the disk was full.
  return holds('plain') ? 'plain' : null
}

function layoutOfVersion(dir: string, text: string): Layout {
  const version = Number(VERSION_FORM.exec(text)?.[1])
  if (version > NEWEST_VERSION) {
    throw new StoreError(
      'store-newer-version',
      dir,
      `was written by a newer Skein (data version ${version}, this program knows ${NEWEST_VERSION})`,
      'Start the newer program, or choose another --data-dir; nothing was changed',
    )
  }
  if (version === VERSIONS.plain) return 'plain'
  if (version === VERSIONS.sealed) return 'sealed'
  throw unknownVersion(dir, "is not one of Skein's")
}

function unknownVersion(dir: string, what: string): StoreError {
  return new StoreError(
    'store-unusable',
    dir,
    `its file "${VERSION_FILE}" ${what}`,
    'Choose another --data-dir, or restore that file',
  )
}

/** On disk when it resolves. */
export async function writeLayout(dir: string, layout: Layout): Promise<void> {
  await writeFileDurably(join(dir, VERSION_FILE), `skein data directory ${VERSIONS[layout]}\n`)
}

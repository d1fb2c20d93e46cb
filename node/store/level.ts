import { cp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { holderOf } from './data-dir.ts'
import { readIfThere } from './durable-file.ts'
import { isCorruption, isLocked, isNoSpace, reasonsOf, StoreError } from './store-error.ts'

export type Database = Level<Uint8Array, Uint8Array>

// A log is written once and read in order: a large memtable saves compactions, and signatures do not compress.
const LEVEL_OPTIONS = {
  keyEncoding: 'view',
  valueEncoding: 'view',
  writeBufferSize: 8 << 20,
  cacheSize: 8 << 20,
  compression: true,
} as const

/** Opens the LevelDB at `path` of a data directory. @throws StoreError */
export async function openLevel(dir: string, path: string): Promise<Database> {
  const db: Database = new Level(path, LEVEL_OPTIONS)
  try {
    await db.open()
    return db
  } catch (cause) {
    throw await explained(dir, cause)
  }
}

async function explained(dir: string, cause: unknown): Promise<StoreError> {
  const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : reasonsOf(cause)
  if (isLocked(cause)) {
    const pid = await holderOf(dir)
    const who = pid === null ? 'another process' : `process ${pid}`
    const advice = 'Stop that one first, or give this node its own --data-dir'
    return new StoreError('store-in-use', dir, `is in use by ${who}`, advice, { cause })
  }
  if (isNoSpace(cause)) {
    const advice = 'Free some space on this disk: not even opening goes without'
    return new StoreError('store-full', dir, 'the disk is full', advice, { cause })
  }
  if (isCorruption(cause)) {
    const advice =
      'Start with --repair to have it copied aside and repaired as far as it goes ' +
      '(what is lost is then reported as a hole), or restore the directory'
    return new StoreError('store-corrupt', dir, `the database is damaged (${why})`, advice, { cause })
  }
  return new StoreError(
    'store-unusable',
    dir,
    `cannot open the database (${why})`,
    'Check the directory and its owner',
    {
      cause,
    },
  )
}

/** Copies the database aside and has LevelDB rebuild it from what can be read; if that fails, it begins empty. */
export async function repairLevel(dir: string, path: string): Promise<Database> {
  const aside = await freeName(path)
  await cp(path, aside, { recursive: true })
  try {
    await repairInPlace(path)
    return await openLevel(dir, path)
  } catch {
    await rm(aside, { recursive: true })
    await rename(path, aside)
    return openLevel(dir, path)
  }
}

/** `level` hands out classic-level itself on Node, but its types leave the static functions out. */
async function repairInPlace(path: string): Promise<void> {
  const classic: { repair?: (location: string) => Promise<void> } = Object(Level)
  await classic.repair?.(path)
}

async function freeName(path: string): Promise<string> {
  for (let i = 1; ; i++) {
    const name = `${path}.damaged-${i}`
    if (
      !(await readdir(name).then(
        () => true,
        () => false,
      ))
    )
      return name
  }
}

/**
 * How much LevelDB dropped from its write-ahead log when it opened just now. It skips what fails its checksum and opens
 * without an error; its own diary, begun anew at each opening, is the only trace.
 */
export async function droppedAtOpen(path: string): Promise<number> {
  const diary = (await readIfThere(join(path, 'LOG')).catch(() => null)) ?? ''
  let bytes = 0
  for (const [, count] of diary.matchAll(/: dropping (\d+) bytes; /g)) bytes += Number(count)
  return bytes
}

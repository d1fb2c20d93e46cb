import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { AuthorityError } from './authority-error.ts'

/*
 * A lock is a file of one line: the process that holds it, and a word that no other lock has. It is written aside and
 * linked to its name, so whoever sees it sees all of it. Only its holder removes it, or, once the holder is gone,
 * whoever has FILE.clearing and found the same lock still there; so no lock of a newcomer is ever removed.
 */
const FORM = /^(\d{1,10})(?: [0-9a-f]{16})?\n$/

/**
 * Keeps a second command out of an authority's directory, so that no serial and no epoch is used twice. Returns what
 * lets the next one in. A lock left by a process that is gone counts for nothing. @throws AuthorityError
 */
export async function lock(file: string): Promise<() => Promise<void>> {
  const word = randomBytes(8).toString('hex')
  const aside = `${file}.${word}`
  const ours = `${process.pid} ${word}\n`
  try {
    // On disk first: a power cut must not leave a lock that doesn't say whose it is.
    await writeFile(aside, ours, { flag: 'wx', mode: 0o600, flush: true })
    if (!(await linked(aside, file))) {
      await clear(file, aside)
      if (!(await linked(aside, file))) throw busy(file, await readLock(file))
    }
  } finally {
    await rm(aside, { force: true })
  }
  return async () => {
    if ((await readLock(file)) === ours) await rm(file, { force: true })
  }
}

/** Removes the lock of a process that is gone. @throws AuthorityError when it is not */
async function clear(file: string, aside: string): Promise<void> {
  const clearing = `${file}.clearing`
  const found = await readLock(file)
  if (found === null) return
  if (!isLeft(found)) throw busy(file, found)
  if (!(await linked(aside, clearing))) throw busy(clearing, await readLock(clearing))
  try {
    if ((await readLock(file)) === found) await rm(file, { force: true })
  } finally {
    await rm(clearing, { force: true })
  }
}

/** Whether `file` was made just now, and not there before. */
async function linked(aside: string, file: string): Promise<boolean> {
  try {
    await link(aside, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** null = there is none. */
async function readLock(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function holderOf(text: string | null): number | null {
  const pid = Number(FORM.exec(text ?? '')?.[1] ?? 0)
  return pid > 0 ? pid : null
}

/** Whether a lock names a process that is gone. One that names nobody may be anybody's. */
function isLeft(text: string): boolean {
  const pid = holderOf(text)
  if (pid === null) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

function busy(file: string, text: string | null): AuthorityError {
  return new AuthorityError(
    'AUTHORITY_BUSY',
    `another skein ca (process ${holderOf(text) ?? 'unknown'}) is at work in this directory`,
    `Try again when it is done; if there is none, remove ${file}`,
  )
}

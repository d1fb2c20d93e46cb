import { open, readFile, rm } from 'node:fs/promises'
import { AuthorityError } from './authority-error.ts'

/**
 * Keeps a second command out of an authority's directory, so that no serial and no epoch is used twice. Returns what
 * lets the next one in. A lock left by a process that is gone counts for nothing. @throws AuthorityError
 */
export async function lock(file: string): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(file, 'wx', 0o600)
      await handle.writeFile(`${process.pid}\n`).finally(() => handle.close())
      return () => rm(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const pid = Number(await readFile(file, 'utf8').catch(() => ''))
      if (attempt > 0 || isAlive(pid)) throw busy(file, pid)
      await rm(file, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function busy(file: string, pid: number): AuthorityError {
  return new AuthorityError(
    'AUTHORITY_BUSY',
    `another skein ca (process ${pid}) is at work in this directory`,
    `Try again when it is done; if there is none, remove ${file}`,
  )
}

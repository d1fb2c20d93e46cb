import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/index.ts'
import { type Finding, fail, ok, reasonOf, warn } from './check.ts'

/** Acknowledged means synced: this is what each acknowledgement costs. */
const FSYNC_SLOW_MS = 50
const FSYNC_ROUNDS = 5
const BLOCK = Buffer.alloc(4096, 1)
const FREE_MIN_MIB = 64
const MIB = 1 << 20

/** Whether the data directory can be written, how fast it syncs, and whether the log will fit. */
export async function checkDisk({
  dataDir,
  eventLog,
}: Pick<Config, 'dataDir' | 'eventLog'>): Promise<readonly Finding[]> {
  // A node makes its directory at its first start: what counts then is where that will be.
  const place = nearestExisting(dataDir)
  const isThere = place === dataDir
  const latencyMs = await fsyncMs(place).catch(reasonOf)
  if (typeof latencyMs === 'string') {
    const what = isThere
      ? `${dataDir} can't be written`
      : `${dataDir} is not there, and can't be made in ${place}`
    return [fail('data dir', `${what} (${latencyMs})`, 'choose a --data-dir that this user may write to')]
  }
  const written = ok(
    'data dir',
    isThere ? `${dataDir} can be written` : `${dataDir} will be made at the first start`,
  )
  return [written, checkLatency(latencyMs), await checkSpace(place, eventLog)]
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

/** Median time to write one block and have it on disk. */
async function fsyncMs(directory: string): Promise<number> {
  const file = join(directory, `.skein-doctor-${randomBytes(6).toString('hex')}`)
  const times: number[] = []
  const handle = await open(file, 'wx', 0o600)
  try {
    for (let round = 0; round < FSYNC_ROUNDS; round++) {
      const start = performance.now()
      await handle.write(BLOCK, 0, BLOCK.byteLength, 0)
      await handle.datasync()
      times.push(performance.now() - start)
    }
  } finally {
    await handle.close()
    await rm(file, { force: true })
  }
  return times.sort((a, b) => a - b)[FSYNC_ROUNDS >> 1] ?? 0
}

function checkLatency(latencyMs: number): Finding {
  const detail = `a synced write takes ${latencyMs.toFixed(1)} ms`
  if (latencyMs <= FSYNC_SLOW_MS) return ok('disk sync', detail)
  return warn('disk sync', detail, 'use a disk that syncs faster: every acknowledged event waits for one')
}

async function checkSpace(place: string, { maxMiB, reserveMiB }: Config['eventLog']): Promise<Finding> {
  const { bavail, bsize } = await statfs(place)
  const freeMiB = Math.floor((bavail * bsize) / MIB)
  const wanted = maxMiB + reserveMiB
  const detail = `${freeMiB} MiB free, the log may take ${wanted} MiB`
  if (freeMiB < FREE_MIN_MIB) return fail('disk space', detail, 'make room, or move --data-dir')
  if (freeMiB >= wanted) return ok('disk space', detail)
  return warn('disk space', detail, `make room, or lower eventLog.maxMiB below ${freeMiB - reserveMiB}`)
}

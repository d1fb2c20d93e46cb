import { randomFillSync } from 'node:crypto'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const RESERVE_FILE = 'reserve'
const CHUNK_BYTES = 1 << 20

/**
 * Disk space that is taken while there is plenty and given back when there is none: LevelDB can neither write nor
 * even open without some. Random bytes, since a file system may store zeros as nothing.
 */
export interface Reserve {
  /** Allocates what is missing. False if there is no room for it: then nothing is kept. */
  fill(): Promise<boolean>
  /** Gives the space back. True if there was any. */
  release(): Promise<boolean>
  readonly heldBytes: number
}

export async function openReserve(dir: string, sizeBytes: number): Promise<Reserve> {
  const path = join(dir, RESERVE_FILE)
  let heldBytes = await sizeOf(path)

  async function fill(): Promise<boolean> {
    if (heldBytes >= sizeBytes) return true
    try {
      await allocate(path, heldBytes, sizeBytes)
      heldBytes = sizeBytes
      return true
    } catch {
      await release()
      return false
    }
  }

  async function release(): Promise<boolean> {
    const held = heldBytes > 0
    heldBytes = 0
    await rm(path, { force: true })
    return held
  }

  return {
    fill,
    release,
    get heldBytes() {
      return heldBytes
    },
  }
}

async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null)
  return facts === null ? 0 : facts.blocks * 512 < facts.size ? 0 : facts.size
}

async function allocate(path: string, from: number, sizeBytes: number): Promise<void> {
  const noise = randomFillSync(new Uint8Array(CHUNK_BYTES))
  const file = await open(path, from === 0 ? 'w' : 'r+', 0o600)
  try {
    for (let at = from; at < sizeBytes; at += CHUNK_BYTES) {
      await file.write(noise, 0, Math.min(CHUNK_BYTES, sizeBytes - at), at)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

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
  /** Allocates up to `targetBytes`, as far as the disk allows. */
  fill(targetBytes: number): Promise<void>
  /** Gives the space back. True if there was any. */
  release(): Promise<boolean>
  readonly heldBytes: number
}

export async function openReserve(dir: string): Promise<Reserve> {
  const path = join(dir, RESERVE_FILE)
  let heldBytes = await sizeOf(path)

  return {
    async fill(targetBytes) {
      if (heldBytes < targetBytes) await allocate(path, heldBytes, targetBytes).catch(() => undefined)
      heldBytes = await sizeOf(path)
    },
    async release() {
      const held = heldBytes > 0
      heldBytes = 0
      await rm(path, { force: true })
      return held
    },
    get heldBytes() {
      return heldBytes
    },
  }
}

/** What is really allocated: a sparse file holds no space. */
async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null)
  return facts === null ? 0 : Math.min(facts.size, facts.blocks * 512)
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

import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'

const pageSchema = z.strictObject({
  v: z.literal(1),
  peers: z
    .array(z.strictObject({ agent: z.string().max(128), addresses: z.array(z.string().max(512)).max(16) }))
    .max(1024),
})

/** A peer that was up once, and where. */
export interface BookedPeer {
  readonly agent: string
  readonly addresses: readonly string[]
}

/**
 * The peers a node knew, kept over restarts, so that it finds its swarm again without a relay. A hint, not a
 * record: it is written without a sync, and an unreadable one is as good as none.
 */
export async function readPeerBook(file: string): Promise<readonly BookedPeer[]> {
  try {
    return pageSchema.parse(JSON.parse(await readFile(file, 'utf8'))).peers
  } catch {
    return []
  }
}

export async function writePeerBook(file: string, peers: readonly BookedPeer[]): Promise<void> {
  const temporary = `${file}.new`
  await writeFile(temporary, JSON.stringify({ v: 1, peers: peers.slice(0, 1024) }), { mode: 0o600 })
  await rename(temporary, file)
}

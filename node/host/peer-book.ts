import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Acquaintance } from './dial-plan.ts'

const WRITE_INTERVAL_MS = 60_000

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

async function writePeerBook(file: string, peers: readonly BookedPeer[]): Promise<void> {
  const temporary = `${file}.new`
  await writeFile(temporary, JSON.stringify({ v: 1, peers: peers.slice(0, 1024) }), { mode: 0o600 })
  await rename(temporary, file)
}

/** Writes down whom we know, now and then and at the end. Returns how to end it. */
export function keepPeerBook(file: string, known: () => readonly Acquaintance[]): () => Promise<void> {
  const write = async (): Promise<void> => {
    const peers = known().flatMap(({ agent, addresses }) => (agent === null ? [] : [{ agent, addresses }]))
    // Losing the book costs a meeting at a relay, nothing else; a full disk is reported by the log.
    await writePeerBook(file, peers).catch(() => {})
  }
  const timer = setInterval(write, WRITE_INTERVAL_MS)
  return async () => {
    clearInterval(timer)
    await write()
  }
}

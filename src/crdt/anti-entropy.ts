import type { AgentId } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'

/** Newest stamp held of one author. */
export interface DigestEntry {
  readonly agent: AgentId
  readonly hlc: Hlc
}

/** What a digest tells its reader to do. */
export interface Difference<T> {
  /** Items the other side lacks or holds older, newest first, at most `limit`. */
  readonly send: readonly T[]
  /** The other side holds something newer than ours. */
  readonly lacking: boolean
}

/** The digest of a set of items: the newest `limit`, sorted by agent so that equal sets give equal digests. */
export function digestOf<T>(
  items: Iterable<T>,
  key: (item: T) => DigestEntry,
  limit: number,
): readonly DigestEntry[] {
  const entries = Array.from(items, key)
  if (entries.length > limit) {
    entries.sort((a, b) => b.hlc - a.hlc || (a.agent < b.agent ? -1 : 1))
    entries.length = limit
  }
  return entries.sort((a, b) => (a.agent < b.agent ? -1 : 1))
}

/**
 * Compares what we hold with a peer's digest. A digest cut at its limit lists the newest, so an author missing
 * from it may still be known there; sending such an item again costs bytes, never correctness.
 */
export function difference<T>(
  items: Iterable<T>,
  key: (item: T) => DigestEntry,
  theirs: readonly DigestEntry[],
  limit: number,
): Difference<T> {
  const unseen = new Map(theirs.map(entry => [entry.agent, entry.hlc]))
  const send: { item: T; hlc: Hlc }[] = []
  let lacking = false
  for (const item of items) {
    const { agent, hlc } = key(item)
    const held = unseen.get(agent)
    unseen.delete(agent)
    if (held === undefined || held < hlc) send.push({ item, hlc })
    else if (held > hlc) lacking = true
  }
  send.sort((a, b) => b.hlc - a.hlc)
  return { send: send.slice(0, limit).map(({ item }) => item), lacking: lacking || unseen.size > 0 }
}

import type { AgentId } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'

/** Newest stamp held of one author. */
export interface DigestEntry {
  readonly agent: AgentId
  readonly hlc: Hlc
}

/**
 * What is held of all authors from `from` up to, not including, `to` (in order of id; '' = no bound). Whole
 * within its range: an author of the range that is not listed is not held.
 */
export interface Digest {
  readonly from: AgentId
  readonly to: AgentId
  readonly entries: readonly DigestEntry[]
}

/** What a digest tells its reader to do. */
export interface Difference<T> {
  /** Items the other side lacks or holds older, newest first, at most `limit`. */
  readonly send: readonly T[]
  /** The other side holds something that we lack or hold older. */
  readonly lacking: boolean
}

/**
 * The digest of items from `from` on, at most `limit` of them. Where it ends (`to`) the next one goes on, so that
 * a set too large for one digest is compared in rounds, each exact for its range.
 */
export function digestOf<T>(
  items: Iterable<T>,
  key: (item: T) => DigestEntry,
  limit: number,
  from: AgentId,
): Digest {
  const all: DigestEntry[] = []
  for (const item of items) {
    const entry = key(item)
    if (entry.agent >= from) all.push(entry)
  }
  all.sort((a, b) => (a.agent < b.agent ? -1 : 1))
  return { from, to: all[limit]?.agent ?? '', entries: all.slice(0, limit) }
}

/**
 * Compares what we hold with a peer's digest, within the digest's range. What both sides hold and is stamped at or
 * after `liveSince` is left to gossip, which brings its next version sooner: it would differ every time.
 */
export function difference<T>(
  items: Iterable<T>,
  key: (item: T) => DigestEntry,
  theirs: Digest,
  limit: number,
  liveSince: Hlc = Number.POSITIVE_INFINITY,
): Difference<T> {
  const unseen = new Map(theirs.entries.map(entry => [entry.agent, entry.hlc]))
  const send: { item: T; hlc: Hlc }[] = []
  let lacking = false
  for (const item of items) {
    const { agent, hlc } = key(item)
    if (agent < theirs.from || (theirs.to !== '' && agent >= theirs.to)) continue
    const held = unseen.get(agent)
    unseen.delete(agent)
    if (held === undefined) send.push({ item, hlc })
    else if (Math.max(held, hlc) >= liveSince) continue
    else if (held < hlc) send.push({ item, hlc })
    else if (held > hlc) lacking = true
  }
  send.sort((a, b) => b.hlc - a.hlc)
  return { send: send.slice(0, limit).map(({ item }) => item), lacking: lacking || unseen.size > 0 }
}

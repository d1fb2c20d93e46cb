import { BoundedMap } from '../bounded-map.ts'
import type { AgentId } from '../ports.ts'
import { headsContradict, type SignedHead } from './contradiction.ts'

/** Logs witnessed at most; past it the one heard of longest ago goes from memory, not from the own log. */
const WITNESSED_MAX = 4_096
/** A witnessed head goes into the own log so often: enough to pin a flight, little to store. */
const RECORD_EVERY_US = 300_000_000
/** The first of a new start goes in sooner, and no sooner than this: or it would be for others to fill our log. */
const RECORD_STARTS_EVERY_US = 30_000_000

/** What hearing a head led to. */
export type Witnessed =
  | { readonly t: 'old' }
  | { readonly t: 'kept' }
  /** Worth a line in the own log, where nobody can deny it any more. */
  | { readonly t: 'record' }
  | { readonly t: 'contradiction'; readonly held: SignedHead }

interface Held {
  readonly head: SignedHead
  readonly recordedUs: number
  readonly recordedBoot: number
}

/** The heads of other agents' logs, as they signed them: who shortens or rewrites a log later is found out. */
export class Witness {
  readonly #heads = new BoundedMap<AgentId, Held>(WITNESSED_MAX)

  head(agent: AgentId): SignedHead | undefined {
    return this.#heads.get(agent)?.head
  }

  /** The newest head of every log that was heard of. */
  *heads(): IterableIterator<SignedHead> {
    for (const { head } of this.#heads.values()) yield head
  }

  /** Goes on from a head that the own log says was witnessed before. */
  recall(head: SignedHead): void {
    this.#heads.set(head.agent, { head, recordedUs: Number.NEGATIVE_INFINITY, recordedBoot: head.boot })
  }

  /** Takes a head whose signature was verified. */
  hear(head: SignedHead, nowUs: number): Witnessed {
    const held = this.#heads.get(head.agent)
    if (held !== undefined && headsContradict(held.head, head)) return { t: 'contradiction', held: held.head }
    if (held !== undefined && head.seq <= held.head.seq) return { t: 'old' }
    const due = held === undefined || nowUs - held.recordedUs >= patienceUs(held, head)
    this.#heads.set(head.agent, {
      head,
      recordedUs: due ? nowUs : held.recordedUs,
      recordedBoot: due ? head.boot : held.recordedBoot,
    })
    return { t: due ? 'record' : 'kept' }
  }
}

const patienceUs = ({ recordedBoot }: Held, { boot }: SignedHead): number =>
  boot === recordedBoot ? RECORD_EVERY_US : RECORD_STARTS_EVERY_US

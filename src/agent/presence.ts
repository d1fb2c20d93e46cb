import { BoundedMap } from '../bounded-map.ts'
import type { AgentId, Now } from '../ports.ts'
import type { Shown } from './interface.ts'

/** A link that is dead is found silent within 2.5 s: one that is still up after this lives. */
const BOTH_ALIVE_AFTER_US = 4_000_000
/** Two hellos of an earlier start so far apart are two accidents, not two processes side by side. */
const RIVAL_FOR_US = 30_000_000
/** Let in and not up yet: whoever was told that there is no room never comes up. */
const COMING_MAX = 1_024

/** A peer that was let in. */
interface Present {
  instance: string
  boot: number
  /** The newest revocation list it is known to have. */
  epoch: number
  /** When it was last sent one, and of which epoch. */
  toldUs: number
  toldEpoch: number
  /** Since when, and until when, an earlier start said hello with its key; null = none does. */
  rival: { readonly sinceUs: number; readonly lastUs: number } | null
}

/** What a hello means, when its sender is up already. */
export type Rivalry = 'none' | 'rival' | 'copied'

/** Who was let in and is up, and whether any of them is two. */
export class Presence {
  readonly #coming = new BoundedMap<AgentId, Shown>(COMING_MAX)
  readonly #present = new Map<AgentId, Present>()

  get peers(): readonly AgentId[] {
    return [...this.#present.keys()]
  }

  get(peer: AgentId): Present | undefined {
    return this.#present.get(peer)
  }

  /**
   * A hello by a peer that is up, from another process. A later start takes the place of the earlier, whose connection is as
   * good as dead. An earlier one must not be alive: if both stay, the key was copied.
   */
  rivalry(peer: AgentId, { instance, boot }: Shown, now: Now): Rivalry {
    const present = this.#present.get(peer)
    if (present === undefined || present.instance === instance || boot > present.boot) return 'none'
    const { rival } = present
    const isNew = rival === null || now.monoUs - rival.lastUs > RIVAL_FOR_US
    const sinceUs = isNew ? now.monoUs : rival.sinceUs
    present.rival = { sinceUs, lastUs: now.monoUs }
    return now.monoUs - sinceUs < BOTH_ALIVE_AFTER_US ? 'rival' : 'copied'
  }

  /** A hello was judged good. If its sender is up, this is the process to go by from now on. */
  letIn(peer: AgentId, shown: Shown): void {
    this.#coming.set(peer, shown)
    const present = this.#present.get(peer)
    if (present === undefined || present.instance === shown.instance) return
    present.instance = shown.instance
    present.boot = shown.boot
    present.epoch = shown.epoch
  }

  /** A peer is up. False = it was never let in. */
  up(peer: AgentId): boolean {
    const shown = this.#coming.get(peer)
    if (shown === undefined) return false
    this.#coming.delete(peer)
    const { instance, boot, epoch } = shown
    this.#present.set(peer, {
      instance,
      boot,
      epoch,
      toldUs: Number.NEGATIVE_INFINITY,
      toldEpoch: 0,
      rival: null,
    })
    return true
  }

  gone(peer: AgentId): void {
    this.#coming.delete(peer)
    this.#present.delete(peer)
  }
}

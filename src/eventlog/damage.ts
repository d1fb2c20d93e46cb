import type { Fault, Gap } from './fault.ts'
import { isExcusable } from './gaps.ts'
import type { Entry } from './keys.ts'
import type { Finding } from './opened-event.ts'

/** Where the log was last known to be good. */
export type Ground = Pick<Fault, 'signedThrough' | 'lastGoodHash'>

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Damage extends Mutable<Omit<Fault, 'evidence'>> {
  readonly evidence: Entry[]
}

/** The faults of a log as they are found, from its beginning to its end. */
export class DamageList {
  readonly #faults: Damage[] = []
  #isBeyondExcuse = false

  get faults(): readonly Fault[] {
    return this.#faults
  }

  /** One of them is of a kind that the log cannot declare. */
  get isBeyondExcuse(): boolean {
    return this.#isBeyondExcuse
  }

  /** Events are no longer in the log. What is lost without a break is one fault, named for how it begins. */
  lost({ first, last }: Gap, found: Finding, ground: Ground, evidence: readonly Entry[]): void {
    const before = this.#faults.at(-1)
    if (before?.lost === true && before.last === first - 1) {
      before.last = last
      before.evidence.push(...evidence)
      this.#isBeyondExcuse ||= !isExcusable(before)
    } else this.#add({ ...found, first, last, lost: true, ...ground, evidence: [...evidence] })
  }

  /** The events are there; what should vouch for them, or for nothing at all, is damaged. */
  doubtful({ first, last }: Gap, found: Finding, ground: Ground, evidence: readonly Entry[]): void {
    this.#add({ ...found, first, last, lost: false, ...ground, evidence: [...evidence] })
  }

  #add(damage: Damage): void {
    this.#faults.push(damage)
    this.#isBeyondExcuse ||= !isExcusable(damage)
  }
}

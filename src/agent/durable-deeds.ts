import type { Now } from '../ports.ts'
import type { Effect } from './interface.ts'

type Deed = (now: Now) => readonly Effect[]

/**
 * What is done only once an event is durable. What can't wait for a disk that is slow, full or broken (a vehicle that
 * is told to land) has a time by which it is done in any case.
 */
export class DurableDeeds {
  readonly #waiting = new Map<number, { readonly deed: Deed; readonly byUs: number }>()

  /** `seq`: of the event. `byUs`: when it is done at the latest; null = never before. */
  add(seq: number, deed: Deed, byUs: number | null): void {
    this.#waiting.set(seq, { deed, byUs: byUs ?? Number.POSITIVE_INFINITY })
  }

  durable(seq: number, now: Now): readonly Effect[] {
    const waiting = this.#waiting.get(seq)
    this.#waiting.delete(seq)
    return waiting?.deed(now) ?? []
  }

  /** What may wait no longer. */
  overdue(now: Now): readonly Effect[] {
    const effects: Effect[] = []
    for (const [seq, { deed, byUs }] of [...this.#waiting]) {
      if (now.monoUs < byUs) continue
      this.#waiting.delete(seq)
      effects.push(...deed(now))
    }
    return effects
  }
}

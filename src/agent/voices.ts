import type { SignedCommand } from '../policy/signed-command.ts'

/** Things asked for at once, and authors who ask for one; past it the oldest goes. */
const ASKS_MAX = 64
const VOICES_MAX = 16

/** Who asks for the same thing, so that several can agree. Each signs a command of its own. */
export class Voices {
  readonly #byAsk = new Map<string, readonly SignedCommand[]>()

  /** Adds a voice; all that ask for the same, one per author, without those that end before `nowMs`. */
  join(command: SignedCommand, nowMs: number): readonly SignedCommand[] {
    const ask = askOf(command)
    const others = (this.#byAsk.get(ask) ?? []).filter(
      ({ author, notAfterMs }) => author !== command.author && notAfterMs >= nowMs,
    )
    const voices = [...others, command].slice(-VOICES_MAX)
    this.#byAsk.delete(ask)
    this.#byAsk.set(ask, voices)
    const oldest = this.#byAsk.keys().next().value
    if (this.#byAsk.size > ASKS_MAX && oldest !== undefined) this.#byAsk.delete(oldest)
    return voices
  }

  /** It doesn't count any more. */
  withdraw(command: SignedCommand): void {
    const ask = askOf(command)
    const others = (this.#byAsk.get(ask) ?? []).filter(voice => voice !== command)
    if (others.length === 0) this.#byAsk.delete(ask)
    else this.#byAsk.set(ask, others)
  }

  /** What they asked for is done. */
  clear(command: SignedCommand): void {
    this.#byAsk.delete(askOf(command))
  }
}

const askOf = ({ verb, point }: SignedCommand): string =>
  point === null ? verb : `${verb} ${point.latE7} ${point.lonE7} ${point.altMm}`

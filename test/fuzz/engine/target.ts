/** What became of one input: its content counted, or it was refused as the boundary's documentation says. */
export type Outcome = 'taken' | 'refused'

/** How the bytes of a boundary are built, so that mutants get past its first check often enough. */
export type Form = 'binary' | 'cbor' | 'text'

/** A boundary made ready. */
export interface Boundary {
  /** Real inputs, each of which must be taken as it is. */
  readonly corpus: readonly Uint8Array[]
  /**
   * Hands one input over. Throws for whatever must not happen: an error that is none of the boundary's own, state that
   * a refused input has changed, a refusal that no counter shows.
   */
  readonly take: (input: Uint8Array) => Outcome | Promise<Outcome>
  /** What can only be looked at once all inputs are through. */
  readonly check?: () => void | Promise<void>
  readonly close?: () => Promise<void>
}

/** One place at which bytes of others come in. */
export interface Target {
  readonly name: string
  readonly form: Form
  /** What "no state changed" means here, as the test says it. */
  readonly unchanged: string
  readonly open: () => Boundary | Promise<Boundary>
}

/** Whether `decode` took something; false for what it refuses in the way it should. All else is thrown on. */
export function outcomeOf(decode: () => unknown, isRefusal: (error: unknown) => boolean): Outcome {
  try {
    decode()
    return 'taken'
  } catch (error) {
    if (isRefusal(error)) return 'refused'
    throw error
  }
}

/** Says that something must not have happened. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
}

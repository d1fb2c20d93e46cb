import { createRandom } from '../../../sim/kernel/random.ts'
import { choose, type Mutate, mutateBytes } from './bytes.ts'
import { mutateCbor, mutateHeads } from './cbor.ts'
import type { Form } from './target.ts'
import { mutateText } from './text.ts'

/** Which changes are made how often. */
const MIX: { readonly [F in Form]: readonly [Mutate, ...Mutate[]] } = {
  binary: [mutateBytes],
  cbor: [mutateCbor, mutateCbor, mutateCbor, mutateBytes, mutateBytes, mutateHeads],
  text: [mutateText, mutateText, mutateBytes],
}

const STEPS_MAX = 6

/** What is needed to make a mutant once more. */
export interface Recipe {
  readonly target: string
  readonly form: Form
  readonly seed: number
  /** Number of the case in its run. */
  readonly index: number
}

/** A mutant, and how many changes made it. */
export interface Mutant {
  readonly bytes: Uint8Array
  readonly steps: number
}

/**
 * Makes a mutant of one of the real inputs, the same for the same recipe. Each change draws from a stream of its own, so
 * that one can be left out (`without`) and the others stay what they were.
 */
export function mutantOf(
  { target, form, seed, index }: Recipe,
  corpus: readonly Uint8Array[],
  without: ReadonlySet<number> = new Set(),
): Mutant {
  const random = createRandom(seed).fork(`${target}/${index}`)
  const original = corpus[random.int(corpus.length)] ?? new Uint8Array()
  // One change is made most often: what is changed beyond recognition is refused at the first look.
  const steps = random.int(2) === 0 ? 1 : 1 + random.int(STEPS_MAX)
  let bytes = original
  for (let step = 0; step < steps; step++) {
    const own = random.fork(`${step}`)
    if (!without.has(step)) bytes = choose(own, MIX[form])(bytes, own, corpus)
  }
  return { bytes, steps }
}

import { equalBytes } from '../../../src/bytes.ts'
import { type Mutant, mutantOf, type Recipe } from './mutate.ts'
import { type Boundary, FaultError, type Outcome, type Target } from './target.ts'

export interface FuzzOptions {
  readonly seed: number
  /** First case. @default 0 */
  readonly from?: number
  /** Asked before each case. */
  readonly goesOn: (done: number) => boolean
}

/** What a run came to. */
export interface FuzzReport {
  readonly target: string
  readonly taken: number
  readonly refused: number
  /** Of this process, for the inputs alone. */
  readonly cpuMs: number
}

/** A case in which something happened that must not. Says all it takes to see it again. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
  readonly recipe: Recipe
  /** As small as leaving out changes made it. */
  readonly input: Uint8Array

  constructor(recipe: Recipe, input: Uint8Array, cause: unknown) {
    const { target, seed, index } = recipe
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    super(
      `${target}: case ${index} of seed ${seed} (${input.byteLength} bytes): ${what}\n` +
        `  again: npm run fuzz -- --target ${target} --seed ${seed} --case ${index}\n` +
        `  hex: ${hexOf(input)}`,
      { cause },
    )
    this.recipe = recipe
    this.input = input
  }
}

const SHOWN_MAX = 2_048

function hexOf(input: Uint8Array): string {
  const hex = Buffer.from(input.subarray(0, SHOWN_MAX)).toString('hex')
  return input.byteLength > SHOWN_MAX ? `${hex}… (the first ${SHOWN_MAX} bytes)` : hex
}

/** Hands mutants of real inputs to a boundary, one after the other. Throws FuzzFailure for the first that does harm. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzReport> {
  const boundary = await target.open()
  try {
    await takesWhatIsReal(target, boundary)
    const report = await run(target, boundary, options)
    await boundary.check?.()
    return report
  } finally {
    await boundary.close?.()
  }
}

/** A boundary that refuses real inputs would refuse all mutants, and nothing would be shown. */
async function takesWhatIsReal({ name }: Target, { corpus, take }: Boundary): Promise<void> {
  for (const [i, real] of corpus.entries()) {
    if ((await take(real)) === 'refused') throw new FaultError(`${name}: real input ${i} is refused`)
  }
}

async function run(target: Target, boundary: Boundary, options: FuzzOptions): Promise<FuzzReport> {
  const { name, form } = target
  const { seed, from = 0, goesOn } = options
  const count = { taken: 0, refused: 0 }
  const before = process.cpuUsage()
  for (let done = 0; goesOn(done); done++) {
    const recipe = { target: name, form, seed, index: from + done }
    const { bytes, steps } = mutantOf(recipe, boundary.corpus)
    try {
      count[await boundary.take(bytes)]++
    } catch (error) {
      const smallest = await shrink(target, recipe, { bytes, steps })
      throw new FuzzFailure(recipe, smallest, error)
    }
  }
  const { user, system } = process.cpuUsage(before)
  return { target: name, ...count, cpuMs: (user + system) / 1000 }
}

/** Leaves out one change after the other, as long as the rest still does harm to a boundary that is fresh. */
async function shrink(target: Target, recipe: Recipe, mutant: Mutant): Promise<Uint8Array> {
  const without = new Set<number>()
  let smallest = mutant.bytes
  for (let step = 0; step < mutant.steps; step++) {
    const { bytes, harmful } = await tryAgain(target, recipe, new Set([...without, step]))
    if (!harmful) continue
    without.add(step)
    smallest = bytes
  }
  return smallest
}

async function tryAgain(target: Target, recipe: Recipe, without: ReadonlySet<number>) {
  const boundary = await target.open()
  const { bytes } = mutantOf(recipe, boundary.corpus, without)
  try {
    await boundary.take(bytes)
    return { bytes, harmful: false }
  } catch {
    return { bytes, harmful: true }
  } finally {
    await boundary.close?.()
  }
}

/** Takes an input as it is, as a failure printed it. */
export async function once(target: Target, input: Uint8Array): Promise<Outcome> {
  const boundary = await target.open()
  try {
    return await boundary.take(input)
  } finally {
    await boundary.close?.()
  }
}

/** Whether an input is one of the real ones, unchanged. */
export const isReal = (input: Uint8Array, corpus: readonly Uint8Array[]): boolean =>
  corpus.some(real => equalBytes(real, input))

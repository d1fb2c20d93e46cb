import { fuzz } from './fuzz.ts'
import { FaultError, type Target } from './target.ts'

const SEED = 1
const CASES = 1_000
/** For liveness only: a loaded machine is no failure. */
const TIMEOUT_MS = 120_000

/** A test for each boundary: a thousand mutants, unless said otherwise, of a fixed seed: the same today and tomorrow. */
export function standsMutants(targets: readonly Target[], cases = CASES): void {
  for (const target of targets) {
    it(`${target.name}: ${target.unchanged}`, async () => {
      const { taken, refused } = await fuzz(target, { seed: SEED, goesOn: done => done < cases })
      if (taken + refused !== cases || refused < cases / 20)
        throw new FaultError(`${taken} taken and ${refused} refused: the mutants don't reach it`)
    }).timeout(TIMEOUT_MS)
  }
}

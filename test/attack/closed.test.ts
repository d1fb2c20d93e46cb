import assert from 'node:assert/strict'
import { Arena } from './arena/arena.ts'
import { ATTACKS } from './attacks/index.ts'
import { type Outcome, trial } from './trial.ts'
import { BOUNDS, complaints } from './verdict.ts'

/** A machine that is busy with other tests delivers late; `node test/attack/cli.ts` is what measures. */
const DELIVERY_MIN = 0.75

/** One of each kind, over in seconds, and how many they get; `npm run attack` runs all of them. */
const QUICK: Readonly<Record<string, number>> = {
  proxy: 2,
  equivocation: 2,
  revoked: 1,
}

describe('attack: a closed swarm of processes', function () {
  this.timeout(120_000)
  let arena: Arena

  before(async () => {
    arena = await Arena.open(3)
  })
  after(() => arena?.[Symbol.asyncDispose]())

  async function held(name: string, attackS: number): Promise<Outcome> {
    const attack = ATTACKS[name] ?? assert.fail(`there is no attack ${name}`)
    const outcome = await trial(arena, name, attack, { peaceS: 0.5, attackS, lateMs: 700 })
    const { during, grownMiB, honestLinksLost } = outcome
    assert.ok(during.all >= DELIVERY_MIN, `honest delivery: ${during.poor}`)
    assert.ok(grownMiB <= BOUNDS.grownMiB, `grown by ${grownMiB} MiB`)
    assert.equal(honestLinksLost, 0)
    assert.deepEqual(
      complaints(outcome).filter(complaint => !complaint.startsWith('honest delivery')),
      [],
    )
    return outcome
  }

  for (const [name, attackS] of Object.entries(QUICK)) {
    it(`holds against ${name}: ${ATTACKS[name]?.what}`, async () => {
      await held(name, attackS)
    })
  }

  it('says nothing to who has not said hello but that it has to, on no protocol', async () => {
    const { toll } = await held('probe', 4)
    const { 'bytes of hello': bytes, ...rest } = toll.notes
    assert.deepEqual(Object.keys(rest), ['goodbye: no hello within 3 s'])
    assert.ok(Number(bytes) < 64, `${bytes} bytes`)
  })
})

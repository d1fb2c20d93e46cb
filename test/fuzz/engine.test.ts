import assert from 'node:assert/strict'
import { decode, encode } from 'cborg'
import { FuzzFailure, fuzz, once } from './engine/fuzz.ts'
import { mutantOf } from './engine/mutate.ts'
import { FaultError, type Form, type Target } from './engine/target.ts'

const CORPUS = [encode([1, 'a', new Uint8Array(encode([2, 'b']))]), encode([3, 'c', new Uint8Array(8)])]
const FORMS: readonly Form[] = ['binary', 'cbor', 'text']
const mutants = (form: Form, seed: number, count = 300) =>
  Array.from({ length: count }, (_, index) => mutantOf({ target: 't', form, seed, index }, CORPUS).bytes)

/** A boundary that fails for inputs of some kind. */
const failingFor = (isBad: (input: Uint8Array) => boolean, isReal = (_: Uint8Array) => true): Target => ({
  name: 'planted',
  form: 'cbor',
  unchanged: 'nothing',
  open: () => ({
    corpus: CORPUS,
    take: input => {
      if (isBad(input)) throw new FaultError('planted')
      return isReal(input) ? 'taken' : 'refused'
    },
  }),
})

async function failureOf(target: Target): Promise<FuzzFailure> {
  try {
    await fuzz(target, { seed: 1, goesOn: done => done < 5_000 })
  } catch (error) {
    assert.ok(error instanceof FuzzFailure, `${error}`)
    return error
  }
  return assert.fail('not found')
}

describe('fuzz: the engine', () => {
  for (const form of FORMS) {
    it(`makes the same mutants of a seed, and others of another (${form})`, () => {
      assert.deepEqual(mutants(form, 1), mutants(form, 1))
      const distinct = new Set(
        [...mutants(form, 1), ...mutants(form, 2)].map(bytes => Buffer.from(bytes).toString('hex')),
      )
      assert.ok(distinct.size > 300, `${distinct.size}`)
    })
  }

  it('reaches what is inside of byte strings without breaking what is around them', () => {
    const inner = mutants('cbor', 1, 2_000).flatMap(bytes => {
      try {
        const [, , body] = decode(bytes) as readonly unknown[]
        return [decode(body as Uint8Array) as unknown]
      } catch {
        return []
      }
    })
    assert.ok(inner.some(value => Array.isArray(value) && value[0] === 2 && value[1] !== 'b'))
  })

  it('finds a planted fault, makes it smaller, and says how to see it again', async () => {
    const isBad = (input: Uint8Array) => input.includes(0xf7)
    const failure = await failureOf(failingFor(isBad))
    const { recipe, input } = failure
    assert.ok(isBad(input))
    assert.ok(input.byteLength <= mutantOf(recipe, CORPUS).bytes.byteLength)
    assert.match(failure.message, /planted: case \d+ of seed 1 .*planted/)
    assert.match(failure.message, new RegExp(`--target planted --seed 1 --case ${recipe.index}\n`))
    assert.ok(failure.message.includes(Buffer.from(input).toString('hex')))
    await assert.rejects(once(failingFor(isBad), input), FaultError)
    await assert.rejects(
      fuzz(failingFor(isBad), { seed: 1, from: recipe.index, goesOn: done => done < 1 }),
      FuzzFailure,
    )
  })

  it('is not content with a boundary that refuses what is real', async () => {
    const deaf = failingFor(
      () => false,
      () => false,
    )
    await assert.rejects(fuzz(deaf, { seed: 1, goesOn: () => false }), /real input 0 is refused/)
  })
})

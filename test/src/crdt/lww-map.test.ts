import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LwwMap } from '../../../src/crdt/lww-map.ts'

interface Value {
  readonly key: string
  readonly hlc: number
  readonly author: string
  readonly text: string
}

const newMap = (): LwwMap<Value> =>
  new LwwMap<Value>({
    hlc: value => value.hlc,
    author: value => value.author,
    order: (a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
  })

// Few keys, stamps, authors and texts, so that every tie is met.
const anyValue: fc.Arbitrary<Value> = fc.record(
  {
    key: fc.constantFrom('k', 'l', 'm'),
    hlc: fc.integer({ min: 0, max: 6 }),
    author: fc.constantFrom('a', 'b', 'B'),
    text: fc.constantFrom('x', 'y', 'z'),
  },
  { noNullPrototype: true },
)
const anyValues = fc.array(anyValue, { maxLength: 20 })

type Step = { readonly t: 'value'; readonly value: Value } | { readonly t: 'expire' }

const mergeAll = (values: Iterable<Value>, into = newMap()): LwwMap<Value> => {
  for (const value of values) into.merge(value.key, value)
  return into
}

const contents = (map: LwwMap<Value>): unknown => [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1))

const isBelow =
  (floor: number) =>
  (value: Value): boolean =>
    value.hlc < floor

/**
 * A replica whose time goes on: at each `expire` its floor rises by one and the dead are dropped. As the
 * map asks of whoever merges, a value that is dead already is refused.
 */
function live(steps: readonly Step[], endFloor: number): LwwMap<Value> {
  const map = newMap()
  let floor = 0
  for (const step of steps) {
    if (step.t === 'expire') {
      floor = Math.min(floor + 1, endFloor)
      map.expire(isBelow(floor))
    } else if (!isBelow(floor)(step.value)) map.merge(step.value.key, step.value)
  }
  map.expire(isBelow(endFloor))
  return map
}

describe('last-writer-wins map', () => {
  it('merges in any order to the same (commutative)', () => {
    const withOrder = anyValues.chain(values =>
      fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
    )
    fc.assert(
      fc.property(withOrder, ([values, shuffled]) => {
        assert.deepEqual(contents(mergeAll(shuffled)), contents(mergeAll(values)))
      }),
    )
  })

  it('merges in any grouping to the same (associative)', () => {
    fc.assert(
      fc.property(anyValues, anyValues, anyValues, (a, b, c) => {
        const left = mergeAll(c, mergeAll(b, mergeAll(a)))
        const bThenC = mergeAll(c, mergeAll(b))
        assert.deepEqual(contents(mergeAll([...bThenC.values()], mergeAll(a))), contents(left))
      }),
    )
  })

  it('takes nothing twice (idempotent)', () => {
    fc.assert(
      fc.property(anyValues, values => {
        const map = mergeAll(values)
        const before = contents(map)
        for (const value of values) assert.equal(map.merge(value.key, value), false)
        assert.deepEqual(contents(map), before)
      }),
    )
  })

  it('holds the same on replicas that saw the same, whatever was repeated, reordered and expired between', () => {
    const scenario = fc.record({
      values: anyValues,
      endFloor: fc.integer({ min: 0, max: 7 }),
      seeds: fc.tuple(fc.infiniteStream(fc.nat()), fc.infiniteStream(fc.nat())),
    })
    fc.assert(
      fc.property(scenario, ({ values, endFloor, seeds }) => {
        const [one, other] = seeds.map(draws => live(interleave(values, draws), endFloor))
        assert.ok(one !== undefined && other !== undefined)
        assert.deepEqual(contents(one), contents(other))
        const once = mergeAll(values)
        once.expire(isBelow(endFloor))
        assert.deepEqual(contents(one), contents(once))
      }),
    )
  })

  it('holds per key the highest stamp, then author, then value', () => {
    const base = { key: 'k', hlc: 2, author: 'a', text: 'x' }
    const rising = [
      { ...base, hlc: 1, author: 'b', text: 'z' },
      base,
      { ...base, text: 'y' },
      { ...base, author: 'b', text: 'a' },
      { ...base, hlc: 3 },
    ]
    const map = newMap()
    for (const value of rising) {
      assert.ok(map.wins('k', value))
      assert.ok(map.merge('k', value))
      assert.equal(map.get('k'), value)
    }
    for (const value of rising) assert.equal(map.merge('k', value), false)
  })

  it('says how many it dropped, and drops no other', () => {
    const map = newMap()
    for (let hlc = 0; hlc < 10; hlc++) map.merge(`k${hlc}`, { key: `k${hlc}`, hlc, author: 'a', text: '' })
    assert.equal(map.expire(isBelow(4)), 4)
    assert.equal(map.size, 6)
    assert.equal(map.expire(isBelow(4)), 0)
    assert.equal(map.get('k3'), undefined)
    assert.equal(map.get('k4')?.hlc, 4)
  })

  it('forgets one key to make room, and takes it again', () => {
    const value = { key: 'k', hlc: 1, author: 'a', text: 'x' }
    const map = mergeAll([value])
    map.evict('k')
    assert.equal(map.size, 0)
    assert.ok(map.merge('k', value))
  })
})

/** The values in an order of `draws`, some twice, with expiries thrown in anywhere. */
function interleave(values: readonly Value[], draws: Iterator<number>): Step[] {
  const draw = (n: number): number => Number(draws.next().value) % n
  const left = [...values, ...values.filter(() => draw(2) === 0)]
  const steps: Step[] = []
  while (left.length > 0) {
    if (draw(4) === 0) steps.push({ t: 'expire' })
    const [value] = left.splice(draw(left.length), 1)
    if (value !== undefined) steps.push({ t: 'value', value })
  }
  return steps
}

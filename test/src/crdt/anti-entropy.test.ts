import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type DigestEntry, difference, digestOf } from '../../../src/crdt/anti-entropy.ts'

type Replica = Map<string, number>

const keyOf = (entry: DigestEntry): DigestEntry => entry
const itemsOf = (replica: Replica): DigestEntry[] => [...replica].map(([agent, hlc]) => ({ agent, hlc }))
const sorted = (replica: Replica): [string, number][] => [...replica].sort(([a], [b]) => (a < b ? -1 : 1))

const anyReplica: fc.Arbitrary<Replica> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 30 }).map(String), fc.integer({ min: 0, max: 50 })), {
    maxLength: 30,
  })
  .map(entries => new Map(entries))

function take(replica: Replica, items: readonly DigestEntry[]): number {
  let taken = 0
  for (const { agent, hlc } of items) {
    if ((replica.get(agent) ?? -1) >= hlc) continue
    replica.set(agent, hlc)
    taken++
  }
  return taken
}

interface Limits {
  readonly digest: number
  readonly delta: number
}

/** `asker` shows its digest, `other` answers with what is missing and, if it lacks something, asks in turn. */
function exchange(asker: Replica, other: Replica, limits: Limits): number {
  const shown = digestOf(itemsOf(asker), keyOf, limits.digest)
  const answer = difference(itemsOf(other), keyOf, shown, limits.delta)
  assert.ok(shown.length <= limits.digest && answer.send.length <= limits.delta, 'bounded')
  let taken = take(asker, answer.send)
  if (answer.lacking) {
    const back = digestOf(itemsOf(other), keyOf, limits.digest)
    taken += take(other, difference(itemsOf(asker), keyOf, back, limits.delta).send)
  }
  return taken
}

describe('digest', () => {
  it('is equal for equal sets, whatever the order they are held in', () => {
    const reordered = anyReplica.chain(replica => {
      const items = itemsOf(replica)
      return fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length }))
    })
    fc.assert(
      fc.property(reordered, fc.integer({ min: 0, max: 40 }), ([items, shuffled], limit) => {
        assert.deepEqual(digestOf(shuffled, keyOf, limit), digestOf(items, keyOf, limit))
      }),
    )
  })

  it('keeps the newest when it is cut', () => {
    const items = [3, 9, 1, 7, 5].map(hlc => ({ agent: `agent-${hlc}`, hlc }))
    assert.deepEqual(
      digestOf(items, keyOf, 2).map(entry => entry.hlc),
      [7, 9],
    )
  })

  it('of nothing is nothing', () => {
    assert.deepEqual(digestOf([], keyOf, 10), [])
  })
})

describe('difference', () => {
  it('sends what the other side lacks or holds older, newest first, and nothing else', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, (ours, theirs) => {
        const { send } = difference(itemsOf(ours), keyOf, digestOf(itemsOf(theirs), keyOf, 100), 100)
        const expected = itemsOf(ours).filter(({ agent, hlc }) => (theirs.get(agent) ?? -1) < hlc)
        const byAgent = (a: DigestEntry, b: DigestEntry): number => (a.agent < b.agent ? -1 : 1)
        assert.deepEqual([...send].sort(byAgent), expected.sort(byAgent))
        for (const [i, item] of send.entries()) assert.ok(item.hlc <= (send[i - 1]?.hlc ?? item.hlc))
      }),
    )
  })

  it('says that the other side holds something newer exactly if it does', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, (ours, theirs) => {
        const { lacking } = difference(itemsOf(ours), keyOf, digestOf(itemsOf(theirs), keyOf, 100), 100)
        assert.equal(
          lacking,
          itemsOf(theirs).some(({ agent, hlc }) => (ours.get(agent) ?? -1) < hlc),
        )
      }),
    )
  })

  it('is nothing between equals', () => {
    fc.assert(
      fc.property(anyReplica, replica => {
        const same = digestOf(itemsOf(replica), keyOf, 100)
        assert.deepEqual(difference(itemsOf(replica), keyOf, same, 100), { send: [], lacking: false })
      }),
    )
  })
})

describe('digest and delta, exchanged', () => {
  it('make two replicas equal, the newest of both, within one exchange if nothing is cut', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, (a, b) => {
        const union = new Map(a)
        take(union, itemsOf(b))
        exchange(a, b, { digest: 100, delta: 100 })
        assert.deepEqual(sorted(a), sorted(union))
        assert.deepEqual(sorted(b), sorted(union))
      }),
    )
  })

  it('get there in as many exchanges as the bound of a delta demands', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, fc.integer({ min: 1, max: 8 }), (a, b, delta) => {
        const union = new Map(a)
        take(union, itemsOf(b))
        for (let i = 0; i < Math.ceil(31 / delta); i++) exchange(a, b, { digest: 31, delta })
        assert.deepEqual(sorted(a), sorted(union))
        assert.deepEqual(sorted(b), sorted(union))
      }),
    )
  })

  it('get there in the end also when more is held than a digest names', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, (a, b) => {
        const union = new Map(a)
        take(union, itemsOf(b))
        for (let i = 0; i < 100; i++)
          exchange(...(i % 2 === 0 ? ([a, b] as const) : ([b, a] as const)), { digest: 10, delta: 4 })
        assert.deepEqual(sorted(a), sorted(union))
        assert.deepEqual(sorted(b), sorted(union))
      }),
    )
  })
})

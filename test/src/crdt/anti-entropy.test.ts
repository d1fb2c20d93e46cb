import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Digest, type DigestEntry, difference, digestOf } from '../../../src/crdt/anti-entropy.ts'

type Replica = Map<string, number>

const keyOf = (entry: DigestEntry): DigestEntry => entry
const itemsOf = (replica: Replica): DigestEntry[] => [...replica].map(([agent, hlc]) => ({ agent, hlc }))
const sorted = (replica: Replica): [string, number][] => [...replica].sort(([a], [b]) => (a < b ? -1 : 1))

const anyReplica: fc.Arbitrary<Replica> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 30 }).map(String), fc.integer({ min: 0, max: 50 })), {
    maxLength: 30,
  })
  .map(entries => new Map(entries))

function take(replica: Replica, items: readonly DigestEntry[]): void {
  for (const { agent, hlc } of items) {
    if ((replica.get(agent) ?? -1) >= hlc) continue
    replica.set(agent, hlc)
  }
}

interface Limits {
  readonly digest: number
  readonly delta: number
}

const ALL: Limits = { digest: 100, delta: 100 }
const digestAll = (replica: Replica): Digest => digestOf(itemsOf(replica), keyOf, ALL.digest, '')

/**
 * `asker` shows its digest from `from` on, `other` answers with what is missing and, if it lacks something,
 * asks in turn. Returns where the next digest goes on.
 */
function exchange(asker: Replica, other: Replica, limits: Limits, from: string): string {
  const shown = digestOf(itemsOf(asker), keyOf, limits.digest, from)
  const answer = difference(itemsOf(other), keyOf, shown, limits.delta)
  assert.ok(shown.entries.length <= limits.digest && answer.send.length <= limits.delta, 'bounded')
  take(asker, answer.send)
  if (answer.lacking) {
    const back = digestOf(itemsOf(other), keyOf, limits.digest, from)
    take(other, difference(itemsOf(asker), keyOf, back, limits.delta).send)
  }
  return shown.to
}

describe('digest', () => {
  it('is equal for equal sets, whatever the order they are held in', () => {
    const reordered = anyReplica.chain(replica => {
      const items = itemsOf(replica)
      return fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length }))
    })
    fc.assert(
      fc.property(reordered, fc.integer({ min: 1, max: 40 }), ([items, shuffled], limit) => {
        assert.deepEqual(digestOf(shuffled, keyOf, limit, ''), digestOf(items, keyOf, limit, ''))
      }),
    )
  })

  it('goes on where the last one ended: together they name each author once', () => {
    fc.assert(
      fc.property(anyReplica, fc.integer({ min: 1, max: 10 }), (replica, limit) => {
        const named: DigestEntry[] = []
        let from = ''
        do {
          const digest = digestOf(itemsOf(replica), keyOf, limit, from)
          assert.equal(digest.from, from)
          assert.ok(digest.entries.length <= limit)
          named.push(...digest.entries)
          from = digest.to
        } while (from !== '')
        assert.deepEqual(
          named.map(({ agent, hlc }) => [agent, hlc]),
          sorted(replica),
        )
      }),
    )
  })

  it('of nothing is nothing', () => {
    assert.deepEqual(digestOf([], keyOf, 10, ''), { from: '', to: '', entries: [] })
  })
})

describe('difference', () => {
  it('sends what the other side lacks or holds older, newest first, and nothing else', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, (ours, theirs) => {
        const { send } = difference(itemsOf(ours), keyOf, digestAll(theirs), 100)
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
        const { lacking } = difference(itemsOf(ours), keyOf, digestAll(theirs), 100)
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
        const same = digestAll(replica)
        assert.deepEqual(difference(itemsOf(replica), keyOf, same, 100), { send: [], lacking: false })
      }),
    )
  })
})

describe('digest and delta, exchanged', () => {
  const unionOf = (a: Replica, b: Replica): Replica => {
    const union = new Map(a)
    take(union, itemsOf(b))
    return union
  }

  it('make two replicas equal, the newest of both, within one exchange if nothing is cut', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, (a, b) => {
        const union = unionOf(a, b)
        exchange(a, b, ALL, '')
        assert.deepEqual(sorted(a), sorted(union))
        assert.deepEqual(sorted(b), sorted(union))
      }),
    )
  })

  it('get there in as many exchanges as the bound of a delta demands', () => {
    fc.assert(
      fc.property(anyReplica, anyReplica, fc.integer({ min: 1, max: 8 }), (a, b, delta) => {
        const union = unionOf(a, b)
        for (let i = 0; i < Math.ceil(31 / delta); i++) exchange(a, b, { digest: 31, delta }, '')
        assert.deepEqual(sorted(a), sorted(union))
        assert.deepEqual(sorted(b), sorted(union))
      }),
    )
  })

  it('get there also when more is held than a digest names, whoever asks when', () => {
    const turns = fc.array(fc.boolean(), { minLength: 150, maxLength: 150 })
    fc.assert(
      fc.property(anyReplica, anyReplica, turns, (a, b, aAsks) => {
        const union = unionOf(a, b)
        const next = { a: '', b: '' }
        for (const turn of aAsks) {
          if (turn) next.a = exchange(a, b, { digest: 10, delta: 4 }, next.a)
          else next.b = exchange(b, a, { digest: 10, delta: 4 }, next.b)
        }
        assert.deepEqual(sorted(a), sorted(union))
        assert.deepEqual(sorted(b), sorted(union))
      }),
    )
  })
})

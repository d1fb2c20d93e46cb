import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareBytes } from '../../../src/bytes.ts'
import type { Fault } from '../../../src/eventlog/fault.ts'
import { type Entry, type KeyRange, keyOf, numberOfKey, rangeOf } from '../../../src/eventlog/keys.ts'
import { type RecoveredLog, type RecoveryInit, recoverLog } from '../../../src/eventlog/recover.ts'
import { encodeAnchor } from '../../../src/eventlog/retention.ts'
import { encodeSnapshot } from '../../../src/eventlog/snapshot.ts'
import { author, cheapSigner, fill, MemoryStore, newLog, signer, stampOf, storedLog } from './log-fixture.ts'

const recover = (store: MemoryStore, extra: Partial<RecoveryInit> = {}): RecoveredLog =>
  recoverLog({ author, boot: 2, signer, hlc: stampOf(1_000), ...extra }, store.read)

const eventSeqs = (store: MemoryStore): number[] =>
  store.read(rangeOf('event')).map(([key]) => numberOfKey('event', key) ?? -1)

const without = (entries: readonly Entry[], gone: (entry: Entry) => boolean): MemoryStore =>
  MemoryStore.of(entries.filter(entry => !gone(entry)))

/** Detection only, without a store in between: for tests that try thousands of damages. */
function faultsOf(entries: readonly Entry[]): string[] {
  const within = ({ gte, lt }: KeyRange) =>
    entries.filter(([key]) => compareBytes(key, gte) >= 0 && compareBytes(key, lt) < 0)
  return kinds(recoverLog({ author, boot: 2, signer: cheapSigner, hlc: stampOf(1_000) }, within).faults)
}

const isKey =
  (bucket: 'event' | 'batch', ...numbers: number[]) =>
  (entry: Entry) =>
    numbers.includes(numberOfKey(bucket, entry[0]) ?? -1)

function flip(entry: Entry, at: number, bit = 0x01): Entry {
  const value = Uint8Array.from(entry[1])
  value[at] = (value[at] ?? 0) ^ bit
  return [entry[0], value]
}

/** What must hold after any damage: it is told, nothing outside it is gone, and the next start finds peace. */
function checkRecovery(
  damaged: MemoryStore,
  before: readonly Entry[],
  what: string,
  by = signer,
): RecoveredLog {
  const found = recover(damaged, { signer: by })
  assert.notEqual(found.faults.length, 0, `${what}: not detected`)
  const intact = damaged.entries().filter(([key]) => numberOfKey('event', key) !== null)
  damaged.apply(found.ops)
  const kept = new Set(eventSeqs(damaged))
  const firstFault = Math.min(...found.faults.map(fault => fault.first))
  for (const entry of before) {
    const seq = numberOfKey('event', entry[0])
    if (seq !== null && seq < firstFault)
      assert.ok(kept.has(seq), `${what}: event ${seq} before the damage is gone`)
  }
  // Whatever is no longer in the log is in quarantine, as it was.
  const quarantine = new Set(
    damaged.read(rangeOf('quarantine')).map(([key]) => Buffer.from(key.subarray(1)).toString('hex')),
  )
  for (const [key] of intact) {
    const seq = numberOfKey('event', key)
    assert.ok(
      (seq !== null && kept.has(seq)) || quarantine.has(Buffer.from(key).toString('hex')),
      `${what}: ${seq} vanished`,
    )
  }
  const again = recover(damaged, { boot: 3, signer: by })
  assert.deepEqual(again.faults, [], `${what}: not settled`)
  assert.equal(again.log.seq, found.log.seq)
  assert.deepEqual(again.gaps, found.gaps)
  const log = newLog(again.log, 3, {}, by)
  fill(damaged, log, 20, 8, 100)
  const later = recover(damaged, { boot: 4, signer: by })
  assert.deepEqual(later.faults, [], `${what}: the log does not go on`)
  return found
}

const kinds = (faults: readonly Fault[]): string[] => faults.map(fault => fault.fault)

describe('eventlog/recover', function () {
  this.timeout(60_000)
  it('finds an empty store to be a log without events', () => {
    const found = recover(new MemoryStore())
    assert.deepEqual([found.log.seq, found.quarantined, found.ops, found.faults], [0, false, [], []])
  })

  it('finds a whole log whole, and goes on where it ends', () => {
    const { store, log } = storedLog(40)
    const found = recover(store)
    assert.deepEqual(found.log, log.durableHead)
    assert.deepEqual(
      [found.quarantined, found.ops, found.faults, found.stats.events, found.stats.batches],
      [false, [], [], 40, 5],
    )
    assert.equal(found.view.countByType.get('peer.joined'), 4)
  })

  it('detects a flip in every byte of every record, and loses nothing before it', () => {
    const entries = storedLog(24, 8, cheapSigner).store.entries()
    entries.forEach((entry, i) => {
      for (let at = 0; at < entry[1].byteLength; at++) {
        const damaged = entries.with(i, flip(entry, at, 1 << (at % 8)))
        const what = `byte ${at} of record ${i}`
        assert.deepEqual(faultsOf(damaged), ['checksum'], what)
        // The whole aftermath is dear: it is walked through at some of the bytes.
        if (at % 41 === 0) checkRecovery(MemoryStore.of(damaged), entries, what, cheapSigner)
      }
    })
  })

  it('detects every truncation of every record', () => {
    const entries = storedLog(24, 8, cheapSigner).store.entries()
    entries.forEach((entry, i) => {
      for (let length = 0; length < entry[1].byteLength; length++) {
        const damaged = entries.with(i, [entry[0], entry[1].subarray(0, length)])
        assert.deepEqual(faultsOf(damaged), ['checksum'], `record ${i} cut to ${length}`)
      }
    })
  })

  it('detects the loss of every tail, unless whole batches are gone: that takes a witness', () => {
    const { store } = storedLog(40, 8, cheapSigner)
    for (let left = 0; left < 40; left++) {
      const cut = without(store.entries(), ([key]) => (numberOfKey('event', key) ?? 0) > left)
      assert.deepEqual(faultsOf(cut.entries()), ['hole'], `${left} events left`)
      const gone = without(cut.entries(), ([key]) => (numberOfKey('batch', key) ?? -7) + 7 > left)
      assert.deepEqual(faultsOf(gone.entries()), left % 8 === 0 ? [] : ['torn-tail'], `${left} events left`)
      const { faults } = recover(gone, { signer: cheapSigner, reached: 40 })
      assert.deepEqual(kinds(faults), ['rollback'])
    }
  })

  it('detects every flip of a key byte', () => {
    const entries = storedLog(40, 8, cheapSigner).store.entries()
    entries.forEach(([key, value], i) => {
      for (let at = 0; at < key.byteLength; at++) {
        const moved = key.with(at, (key[at] ?? 0) ^ 0x01)
        const damaged = MemoryStore.of([...entries.toSpliced(i, 1), [moved, value]])
        assert.notDeepEqual(faultsOf(damaged.entries()), [], `key byte ${at} of record ${i}`)
      }
    })
  })

  it('tells a hole from a torn tail, wherever records are missing', () => {
    const { store } = storedLog(40)
    const entries = store.entries()
    for (let seq = 1; seq <= 40; seq++) {
      const found = checkRecovery(without(entries, isKey('event', seq)), entries, `without event ${seq}`)
      assert.deepEqual(kinds(found.faults), ['hole'])
      assert.deepEqual(found.gaps, [{ first: seq, last: seq }])
      assert.equal(found.quarantined, true)
    }
  })

  it('keeps whole batches behind a hole, and declares just what is lost', () => {
    const { store } = storedLog(40)
    const lost = (entry: Entry) =>
      isKey('batch', 9, 17)(entry) ||
      isKey('event', 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)(entry)
    const damaged = without(store.entries(), lost)
    const found = checkRecovery(damaged, store.entries(), 'two batches gone')
    assert.deepEqual(found.gaps, [{ first: 9, last: 24 }])
    assert.equal(found.log.seq, 41)
    assert.deepEqual(eventSeqs(damaged).slice(0, 9), [1, 2, 3, 4, 5, 6, 7, 8, 25])
  })

  it('closes the gap when the lost records come back', () => {
    const { store } = storedLog(40)
    const entries = store.entries()
    const damaged = without(entries, isKey('event', 20))
    damaged.apply(recover(damaged).ops)
    const back = entries.find(isKey('event', 20))
    assert.ok(back)
    damaged.apply([{ type: 'put', key: back[0], value: back[1] }])
    const found = recover(damaged, { boot: 3 })
    assert.deepEqual([found.faults, found.gaps, found.quarantined], [[], [], false])
  })

  it('cuts a torn tail: events after the last signed batch', () => {
    const { store, events } = storedLog(40)
    const damaged = without(store.entries(), isKey('batch', 33))
    const found = checkRecovery(damaged, store.entries(), 'torn tail')
    assert.deepEqual(kinds(found.faults), ['torn-tail'])
    assert.deepEqual([found.faults[0]?.first, found.faults[0]?.last, found.quarantined], [33, 40, false])
    // The cut is told by the event that takes the first place after it.
    assert.equal(found.log.seq, 33)
    assert.deepEqual(events[31]?.hash, found.faults[0]?.lastGoodHash)
  })

  it('does not take a lost end for a torn tail when a witness saw more', () => {
    const { store } = storedLog(40)
    const damaged = without(
      store.entries(),
      entry => isKey('batch', 33)(entry) || (numberOfKey('event', entry[0]) ?? 0) > 32,
    )
    const found = recover(damaged, { reached: 40 })
    assert.deepEqual(kinds(found.faults), ['rollback'])
    assert.deepEqual([found.gaps, found.log.seq], [[{ first: 33, last: 40 }], 41])
    damaged.apply(found.ops)
    assert.deepEqual(recover(damaged, { boot: 3, reached: 40 }).faults, [])
  })

  it('loses no event when only a batch record is damaged', () => {
    const { store } = storedLog(40)
    const entries = store.entries()
    for (const first of [1, 17, 33]) {
      const damaged = MemoryStore.of(
        entries.map(entry => (isKey('batch', first)(entry) ? flip(entry, 50) : entry)),
      )
      const found = checkRecovery(damaged, entries, `batch ${first}`)
      assert.deepEqual([found.quarantined, found.gaps], [false, []])
      assert.equal(eventSeqs(damaged).filter(seq => seq <= 40).length, 40)
    }
  })

  it('survives any random set of flips and losses', () => {
    const { store } = storedLog(60, 7)
    const entries = store.entries()
    const index = fc.nat(entries.length - 1)
    const damage = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), index, at: fc.nat(400) }),
      fc.record({ kind: fc.constant('lose' as const), index, at: fc.nat(5) }),
    )
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), damages => {
        const records: (Entry | null)[] = [...entries]
        for (const { kind, index: i, at } of damages) {
          const entry = records[i]
          if (entry === null || entry === undefined) continue
          if (kind === 'flip') records[i] = flip(entry, at % entry[1].byteLength)
          else records.fill(null, i, i + at + 1)
        }
        const left = records.filter(entry => entry !== null)
        if (left.length < entries.length || left.some((entry, i) => entry !== entries[i])) {
          const found = recover(MemoryStore.of(left))
          // Losing the whole end, signatures included, is what only a witness outside the log can tell.
          if (found.faults.length > 0) checkRecovery(MemoryStore.of(left), [], JSON.stringify(damages))
          else assert.ok(left.every((entry, i) => entry === entries.filter(one => left.includes(one))[i]))
        }
      }),
      { numRuns: 150, seed: 3 },
    )
  })

  describe('behind a snapshot', () => {
    function withSnapshot() {
      const { store, log } = storedLog(40)
      const base = recover(store)
      const put = (seq: number, head = base.log) => {
        const value = encodeSnapshot(
          { author, boot: 1, head: { ...head, seq }, view: base.view, gaps: [] },
          signer,
        )
        store.apply([{ type: 'put', key: keyOf('snapshot', seq), value }])
      }
      put(40)
      fill(store, log, 24, 8, 41)
      return { store, log, put }
    }

    it('verifies only what comes after it, and arrives at the same state', () => {
      const { store, log } = withSnapshot()
      const quick = recover(store, { verifyEventsMin: 0 })
      const full = recover(store, { full: true })
      assert.deepEqual([quick.stats.verifiedFrom, quick.stats.events], [41, 24])
      assert.deepEqual([full.stats.verifiedFrom, full.stats.events], [1, 64])
      assert.deepEqual(quick.log, log.durableHead)
      assert.deepEqual(quick.view, full.view)
      const cold = without(store.entries(), ([key]) => numberOfKey('snapshot', key) !== null)
      assert.deepEqual(recover(cold).view, full.view)
    })

    it('verifies so many of the newest events all the same: a clean stop leaves none behind a snapshot', () => {
      const { store, log, put } = withSnapshot()
      put(64, log.durableHead)
      const some = recover(store, { verifyEventsMin: 20 })
      // From the middle of a batch on.
      assert.deepEqual([some.stats.verifiedFrom, some.stats.events, some.faults], [45, 20, []])
      assert.deepEqual(some.log, log.durableHead)
      assert.deepEqual(recover(store).stats.verifiedFrom, 1)
      for (let seq = 1; seq <= 64; seq++) {
        const isSeen = seq >= 44
        for (const damaged of [
          without(store.entries(), isKey('event', seq)),
          MemoryStore.of(
            store.entries().map(entry => (isKey('event', seq)(entry) ? flip(entry, 40) : entry)),
          ),
        ]) {
          const { faults } = recover(damaged, { verifyEventsMin: 20 })
          assert.equal(faults.length > 0, isSeen, `event ${seq}`)
          assert.equal(recover(damaged).faults.length, 1, `event ${seq}`)
        }
      }
    })

    it('takes nothing on trust when the store has lost something it cannot name', () => {
      const { store } = withSnapshot()
      const holed = without(store.entries(), isKey('event', 20))
      assert.deepEqual(recover(holed, { verifyEventsMin: 0 }).faults, [])
      const { faults, gaps } = recover(holed, { verifyEventsMin: 0, droppedBytes: 300 })
      assert.deepEqual([kinds(faults), gaps], [['hole'], [{ first: 20, last: 20 }]])
    })

    it('looks behind it when the tail is damaged', () => {
      const { store } = withSnapshot()
      const found = recover(without(store.entries(), isKey('event', 50)))
      assert.deepEqual([found.stats.verifiedFrom, found.gaps], [1, [{ first: 50, last: 50 }]])
    })

    it('does without a damaged one, and moves it away', () => {
      const { store } = withSnapshot()
      const damaged = MemoryStore.of(
        store.entries().map(entry => (numberOfKey('snapshot', entry[0]) === null ? entry : flip(entry, 70))),
      )
      const found = recover(damaged)
      assert.deepEqual(
        [kinds(found.faults), found.stats.verifiedFrom, found.quarantined],
        [['checksum'], 1, false],
      )
      damaged.apply(found.ops)
      assert.deepEqual(recover(damaged).faults, [])
    })

    it('takes it as a witness when the log behind it is shorter', () => {
      const { store } = withSnapshot()
      const short = without(
        store.entries(),
        ([key]) => (numberOfKey('event', key) ?? 0) > 32 || (numberOfKey('batch', key) ?? 0) > 32,
      )
      const found = recover(short)
      assert.deepEqual([kinds(found.faults), found.gaps], [['rollback'], [{ first: 33, last: 40 }]])
    })
  })

  describe('behind retention', () => {
    it('begins at the anchor', () => {
      const { store, events } = storedLog(40)
      const hash = events[15]?.hash
      assert.ok(hash)
      const rest = without(
        store.entries(),
        ([key]) => (numberOfKey('event', key) ?? 99) <= 16 || (numberOfKey('batch', key) ?? 99) <= 16,
      )
      rest.apply([{ type: 'put', key: keyOf('meta', 1), value: encodeAnchor({ seq: 16, hash }) }])
      const found = recover(rest)
      assert.deepEqual([found.faults, found.stats.verifiedFrom, found.log.seq], [[], 17, 40])
      const anchor = rest.read(rangeOf('meta'))[0]
      assert.ok(anchor)
      rest.apply([{ type: 'put', key: anchor[0], value: flip(anchor, 20)[1] }])
      const repaired = recover(rest)
      assert.deepEqual([kinds(repaired.faults), repaired.gaps, repaired.log.seq], [['checksum'], [], 40])
      rest.apply(repaired.ops)
      assert.deepEqual(recover(rest).faults, [])
    })
  })
})

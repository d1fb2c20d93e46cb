import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MalformedError } from '../../../src/eventlog/errors.ts'
import type { HashedEvent } from '../../../src/eventlog/event.ts'
import { keyOf, rangeOf } from '../../../src/eventlog/keys.ts'
import { GENESIS } from '../../../src/eventlog/log.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'
import { planRetention } from '../../../src/eventlog/retention.ts'
import { createSnapshotter, decodeSnapshot, encodeSnapshot } from '../../../src/eventlog/snapshot.ts'
import { createLogFold, latestKey } from '../../../src/eventlog/views.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { author, fill, MemoryStore, newLog, signer, stampOf, storedLog } from './log-fixture.ts'

const at = (ms: number) => ({ monoUs: ms * 1_000, wallMs: 0 })
const emptyView = createLogFold().view()

const snapshotter = (rule = {}) =>
  createSnapshotter({
    author,
    boot: 1,
    signer,
    head: GENESIS,
    view: emptyView,
    gaps: [],
    snapshots: [],
    now: at(0),
    rule,
  })

describe('eventlog/views', () => {
  const hashed = (type: string, data: object, seq: number, boot = 1, subject = ''): HashedEvent => ({
    event: {
      v: 1,
      author,
      boot,
      seq,
      prevHash: GENESIS.hash,
      hlc: seq * 1024,
      type,
      subject,
      data: { ...data },
    },
    hash: GENESIS.hash,
  })
  const fold = (...events: HashedEvent[]) => {
    const folded = createLogFold()
    for (const { event } of events) folded.add(event)
    return folded.view()
  }

  it('knows the last position, phase, boot, peers and counts', () => {
    const view = fold(
      hashed('node.started', {}, 1),
      hashed('peer.joined', {}, 2, 1, 'a'),
      hashed('peer.joined', {}, 3, 1, 'a'),
      hashed('vehicle.took-off', { phase: 'climb' }, 4),
      hashed('flight.position', { latE7: 470_000_000, lonE7: 80_000_000, altMm: 500_000 }, 5),
      hashed('node.started', {}, 6, 2),
    )
    assert.deepEqual([view.seq, view.boots, view.phase], [6, 2, 'climb'])
    assert.deepEqual(view.position, {
      latE7: 470_000_000,
      lonE7: 80_000_000,
      altMm: 500_000,
      hlc: 5_120,
      boot: 1,
    })
    assert.deepEqual([...view.peers], ['a'])
    assert.deepEqual(view.countByType.get('node.started'), 2)
  })

  it('sums the way flown, but not what the vehicle was carried between two boots', () => {
    const position = (latE7: number, lonE7: number, seq: number, boot = 1) =>
      hashed('flight.position', { latE7, lonE7 }, seq, boot)
    // One degree of latitude is 111.195 km on the mean sphere; across the date line is a short way.
    assert.equal(fold(position(0, 0, 1), position(10_000_000, 0, 2)).distanceMm, 111_195_080)
    assert.equal(fold(position(0, 1_799_999_000, 1), position(0, -1_799_999_000, 2)).distanceMm, 22_239)
    assert.equal(fold(position(0, 0, 1), position(10_000_000, 0, 2, 2)).distanceMm, 0)
  })

  it('keeps what the newest event of trust says of each subject, for as long as the log goes on', () => {
    const view = fold(
      hashed('trust.revoked', { epoch: 1 }, 1),
      hashed('trust.equivocated', { serial: 4 }, 2, 1, 'liar'),
      hashed('trust.revoked', { epoch: 2 }, 3),
      hashed('flight.position', { latE7: 1, lonE7: 1 }, 4),
    )
    const latest = new Map([
      [latestKey('trust.equivocated', 'liar'), { serial: 4 }],
      [latestKey('trust.revoked', ''), { epoch: 2 }],
    ])
    assert.deepEqual(view.latest, latest)
    const entry = [
      keyOf('snapshot', 4),
      encodeSnapshot({ author, boot: 1, head: { seq: 4, hash: GENESIS.hash }, view, gaps: [] }, signer),
    ] as const
    assert.deepEqual(decodeSnapshot(entry, author, signer).view.latest, latest)
    const many = Array.from({ length: 3_000 }, (_, i) => hashed('trust.witnessed', { seq: i }, i, 1, `p${i}`))
    const { latest: bounded } = fold(hashed('trust.revoked', { epoch: 1 }, 0), ...many)
    assert.equal(bounded.size, 2_048)
    assert.deepEqual(
      bounded.get(latestKey('trust.revoked', '')),
      { epoch: 1 },
      'never forgotten for the rest',
    )
  })

  it('is bounded, whatever comes in', () => {
    const events = Array.from({ length: 6_000 }, (_, i) =>
      hashed(i % 2 ? 'peer.joined' : `x.t${i}`, {}, i, 1, `p${i}`),
    )
    const many = [
      ...events,
      ...Array.from({ length: 3_000 }, (_, i) => hashed('peer.joined', {}, i, 1, `q${i}`)),
    ]
    const view = fold(...many)
    assert.equal(view.peers.size + view.peersBeyond, 6_000)
    assert.ok(view.countByType.size <= 257)
    assert.equal(
      [...view.countByType.values()].reduce((sum, count) => sum + count),
      9_000,
    )
  })

  it('arrives at the same state from any snapshot on the way', () => {
    const { store, events } = storedLog(60, 6)
    const whole = createLogFold()
    for (const { event } of events) whole.add(event)
    const recovered = recoverLog({ author, boot: 2, signer, hlc: stampOf(99) }, store.read)
    assert.deepEqual(recovered.view, whole.view())
    fc.assert(
      fc.property(fc.nat(60), split => {
        const first = createLogFold()
        for (const { event } of events.slice(0, split)) first.add(event)
        const rest = createLogFold(first.view())
        for (const { event } of events.slice(split)) rest.add(event)
        assert.deepEqual(rest.view(), whole.view())
      }),
    )
  })
})

describe('eventlog/snapshot', () => {
  it('is read back as it was, and refused in any other shape', () => {
    const { store } = storedLog(20)
    const { view, log } = recoverLog({ author, boot: 2, signer, hlc: stampOf(99) }, store.read)
    const snapshot = { author, boot: 1, head: log, view, gaps: [{ first: 3, last: 4 }] }
    const value = encodeSnapshot(snapshot, signer)
    const found = decodeSnapshot([keyOf('snapshot', 20), value], author, signer)
    assert.deepEqual(
      { ...found, head: { ...found.head, hash: [...found.head.hash] } },
      { ...snapshot, head: { seq: 20, hash: [...log.hash] } },
    )
    assert.throws(() => decodeSnapshot([keyOf('snapshot', 21), value], author, signer), MalformedError)
    assert.throws(() => decodeSnapshot([keyOf('snapshot', 20), value], 'other', signer), MalformedError)
    const forged = encodeSnapshot(snapshot, { sign: () => new Uint8Array(64) })
    assert.throws(() => decodeSnapshot([keyOf('snapshot', 20), forged], author, signer), /signature is false/)
    for (let i = 0; i < value.byteLength; i++) {
      const flipped = value.with(i, (value[i] ?? 0) ^ 4)
      assert.throws(() => decodeSnapshot([keyOf('snapshot', 20), flipped], author, signer), MalformedError)
    }
  })

  it('is taken every so many events, or when enough time passed and something happened', () => {
    const taken = snapshotter({ events: 20, intervalMs: 1_000 })
    const { events } = storedLog(48, 8)
    assert.equal(taken.written(events.slice(0, 8), at(10)), null)
    assert.equal(taken.written(events.slice(8, 16), at(20)), null)
    assert.equal(taken.written(events.slice(16, 24), at(30))?.length, 1)
    taken.settled(true)
    assert.equal(taken.written([], at(5_000)), null)
    assert.equal(taken.written(events.slice(24, 32), at(5_001))?.length, 1)
    assert.equal(taken.take(at(5_002)), null)
    taken.settled(true)
    assert.equal(taken.take(at(5_003)), null)
  })

  it('keeps as many as it should when writes fail: one that is not written replaces none', () => {
    const { events } = storedLog(48, 8)
    // Whatever became of a write that failed, two whole snapshots stay, and none is left over in the end.
    for (const wasWritten of [false, true]) {
      const store = new MemoryStore()
      const taken = snapshotter({ events: 8 })
      const seqs = () => store.read(rangeOf('snapshot')).map(([key]) => key[8])
      for (let i = 0; i < 6; i++) {
        const ops = taken.written(events.slice(i * 8, i * 8 + 8), at(i)) ?? []
        const fails = i === 2 || i === 3
        if (!fails || wasWritten) store.apply(ops)
        taken.settled(!fails)
        if (i > 0) assert.ok(seqs().length >= 2, `after snapshot ${i}: ${seqs()}`)
      }
      assert.deepEqual(seqs(), [40, 48])
    }
  })

  it('is not asked for again while one is being written, nor at each event after one failed', () => {
    const taken = snapshotter({ events: 8 })
    const { events } = storedLog(40, 8)
    assert.ok(taken.written(events.slice(0, 8), at(1)))
    assert.equal(taken.written(events.slice(8, 16), at(2)), null)
    taken.settled(false)
    assert.ok(taken.written(events.slice(16, 17), at(3)))
    taken.settled(false)
    assert.equal(taken.written(events.slice(17, 18), at(4)), null)
  })

  it('keeps the one before, and drops older ones', () => {
    const store = new MemoryStore()
    const taken = snapshotter({ events: 8 })
    const log = newLog()
    for (let i = 0; i < 4; i++) {
      const events = fill(store, log, 8, 8, 1 + i * 8)
      store.apply(taken.written(events, at(i)) ?? [])
      taken.settled(true)
    }
    assert.deepEqual(
      store.read(rangeOf('snapshot')).map(([key]) => key[8]),
      [24, 32],
    )
    const init = { author, boot: 2, signer, hlc: stampOf(99), verifyEventsMin: 0 }
    const found = recoverLog(init, store.read)
    assert.deepEqual([found.snapshots, found.stats.verifiedFrom, found.view], [[24, 32], 33, taken.view()])
  })
})

describe('eventlog/retention', () => {
  const batch = (first: number, dayMs: number, sizeBytes = 100) => ({
    first,
    last: first + 9,
    head: new Uint8Array(32).fill(first),
    hlc: hlcOfMs(dayMs),
    sizeBytes,
  })
  const batches = [batch(1, 1_000), batch(11, 2_000), batch(21, 3_000), batch(31, 4_000)]
  const free = { snapshotSeq: 40, keepFromSeq: 41 }
  const all = { bytesMax: 1_000, ageMsMax: 10_000 }

  it('drops nothing within both bounds', () => {
    assert.equal(planRetention(batches, all, free), null)
    assert.equal(planRetention([], all, free), null)
  })

  it('drops the oldest whole batches by size', () => {
    assert.equal(planRetention(batches, { ...all, bytesMax: 250 }, free)?.seq, 20)
    assert.deepEqual(planRetention(batches, { ...all, bytesMax: 250 }, free)?.hash, batches[1]?.head)
  })

  /** One batch of ten events at each stamp. */
  const stamped = (...stampsMs: number[]) => stampsMs.map((ms, i) => batch(1 + 10 * i, ms))
  const aged = (stampsMs: number[], ageMsMax: number) =>
    planRetention(
      stamped(...stampsMs),
      { ...all, bytesMax: 1e9, ageMsMax },
      { snapshotSeq: 1e9, keepFromSeq: 1e9 },
    )
  const everySecond = Array.from({ length: 60 }, (_, i) => i * 1_000)

  it('drops by age against the newest batch, however long ago that was', () => {
    assert.equal(aged(everySecond, 60_000), null)
    // The newest is of second 59: those of second 0 to 18 are older than 40 s.
    assert.equal(aged(everySecond, 40_000)?.seq, 190)
  })

  it('drops nothing because a clock was wrong for a while, also while it stamps', () => {
    const years = 12 * 365 * 86_400_000
    const ahead = everySecond.map(ms => ms + 60_000 + years)
    const right = everySecond.map(ms => ms + 120_000)
    const month = 30 * 86_400_000
    for (const stamps of [
      [...everySecond, ...ahead],
      [...everySecond, ...ahead, ...right],
      [...ahead, ...right],
    ]) {
      assert.equal(aged(stamps, month), null)
    }
    // A clock that goes wrong again and again: each step forth is taken back by the one that puts it right.
    const flapping = Array.from({ length: 200 }, (_, i) => i * 1_000 + (i % 2) * years)
    assert.equal(aged(flapping, month), null)
  })

  it('counts a long pause, but as no more than a tenth of the longest age', () => {
    const weekly = Array.from({ length: 20 }, (_, i) => i * 7 * 86_400_000)
    assert.equal(aged(weekly, 30 * 86_400_000)?.seq, 90)
  })

  it('never drops what is unacknowledged, or not behind a snapshot', () => {
    const greedy = { bytesMax: 0, ageMsMax: 0 }
    assert.equal(planRetention(batches, greedy, free)?.seq, 40)
    assert.equal(planRetention(batches, greedy, { ...free, keepFromSeq: 30 })?.seq, 20)
    assert.equal(planRetention(batches, greedy, { ...free, snapshotSeq: 25 })?.seq, 20)
    assert.equal(planRetention(batches, greedy, { ...free, snapshotSeq: null }), null)
  })
})

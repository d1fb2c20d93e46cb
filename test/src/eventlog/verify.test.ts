import assert from 'node:assert/strict'
import { decodeBatch, encodeBatch, signBatch } from '../../../src/eventlog/batch.ts'
import { decodeEvent, encodeEvent } from '../../../src/eventlog/encode.ts'
import type { LogEvent } from '../../../src/eventlog/event.ts'
import { type Entry, keyOf, rangeOf } from '../../../src/eventlog/keys.ts'
import { GENESIS } from '../../../src/eventlog/log.ts'
import { openRecord, sealRecord } from '../../../src/eventlog/record.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'
import { createVerifier, type Verification } from '../../../src/eventlog/verify.ts'
import { author, type MemoryStore, signer, stampOf, storedLog } from './log-fixture.ts'

function verify(store: MemoryStore, chunk = 1_000): Verification {
  const verifier = createVerifier({ author, publicKey: signer.publicKey, signer, start: GENESIS })
  const entries = [...store.read(rangeOf('batch')), ...store.read(rangeOf('event'))]
  for (let i = 0; i < entries.length; i += chunk) verifier.feed(entries.slice(i, i + chunk))
  return verifier.end()
}

/** Rewrites an event with a right checksum: what decay cannot do, only a hand. */
function alter(store: MemoryStore, seq: number, change: Partial<LogEvent>): void {
  const [entry] = store.read(rangeOf('event', seq, seq))
  assert.ok(entry)
  const event = { ...decodeEvent(openRecord(entry[1])), ...change }
  store.apply([{ type: 'put', key: entry[0], value: sealRecord(encodeEvent(event)) }])
}

function alterBatch(store: MemoryStore, first: number, change: object, by = signer): void {
  const [entry] = store.read(rangeOf('batch', first, first))
  assert.ok(entry)
  const { batch } = decodeBatch(openRecord(entry[1]))
  const value = sealRecord(encodeBatch(signBatch({ ...batch, ...change }, by)))
  store.apply([{ type: 'put', key: entry[0], value }])
}

const summary = ({ faults }: Verification) =>
  faults.map(({ fault, first, last, lost }) => [fault, first, last, lost])

describe('eventlog/verify', () => {
  it('finds a whole log whole, fed in chunks of any size', () => {
    const { store, log } = storedLog(40)
    for (const chunk of [1, 3, 1_000]) {
      const found = verify(store, chunk)
      assert.deepEqual([found.faults, found.gaps, found.events, found.batches], [[], [], 40, 5])
      assert.deepEqual(found.head, log.durableHead)
    }
  })

  it('finds an altered event, wherever it is, by what follows or by the signature', () => {
    for (let seq = 1; seq <= 40; seq++) {
      const { store } = storedLog(40)
      alter(store, seq, { subject: 'altered' })
      const [fault] = verify(store).faults
      assert.ok(fault, `event ${seq}`)
      // The whole unsigned stretch up to it is suspect, never more.
      assert.ok(fault.first <= seq && seq <= fault.last && fault.first > seq - 8, `event ${seq}`)
      assert.equal(fault.fault, seq % 8 === 0 ? 'signature' : 'chain')
    }
  })

  it('finds an event of another author, or under another number', () => {
    const { store } = storedLog(16)
    alter(store, 5, { author: '12D3KooWSomebodyElse' })
    assert.deepEqual(summary(verify(store)), [['author', 5, 5, true]])
    const other = storedLog(16).store
    alter(other, 5, { seq: 6 })
    assert.deepEqual(summary(verify(other)), [['format', 5, 5, true]])
  })

  it('finds a record that is no event, though its checksum holds', () => {
    const { store } = storedLog(16)
    store.apply([{ type: 'put', key: keyOf('event', 12), value: sealRecord(Uint8Array.of(1, 2, 3)) }])
    assert.deepEqual(summary(verify(store)), [['format', 12, 12, true]])
  })

  it('finds a false signature, a false root and a batch of somebody else, and loses no event to them', () => {
    const cases: [object, string][] = [
      [{ root: new Uint8Array(32) }, 'root'],
      [{ author: '12D3KooWSomebodyElse' }, 'author'],
    ]
    for (const [change, fault] of cases) {
      const { store } = storedLog(24)
      alterBatch(store, 9, change)
      const found = verify(store)
      assert.deepEqual(summary(found), [[fault, 9, 16, false]])
      assert.equal(found.events, 24)
    }
    const { store } = storedLog(24)
    alterBatch(store, 9, {}, { ...signer, sign: () => new Uint8Array(64).fill(1) })
    assert.deepEqual(summary(verify(store)), [['signature', 9, 16, false]])
  })

  it('finds batches that overlap', () => {
    const { store } = storedLog(24)
    alterBatch(store, 1, { last: 9 })
    const kinds = verify(store).faults.map(({ fault }) => fault)
    assert.ok(kinds.includes('format'), String(kinds))
  })

  it('does not believe a declared gap if the event before it was altered', () => {
    const { store } = storedLog(24)
    const lost: Entry[] = store.read(rangeOf('event', 13, 16))
    store.apply(lost.map(([key]) => ({ type: 'del', key })))
    const before = verify(store)
    assert.deepEqual(summary(before), [['hole', 13, 16, true]])
    assert.equal(before.faults[0]?.signedThrough, 8)
    store.apply(recoverLog({ author, boot: 2, signer, hlc: stampOf(99) }, store.read).ops)
    assert.deepEqual(verify(store).gaps, [{ first: 13, last: 16 }])
    // Event 12 is signed by no batch any more: what holds it is that the declaration names its hash.
    alter(store, 12, { subject: 'altered' })
    const after = verify(store)
    assert.deepEqual(summary(after), [['chain', 9, 12, false]])
    assert.equal(recoverLog({ author, boot: 3, signer, hlc: stampOf(99) }, store.read).quarantined, true)
  })

  it('takes the newest signature for all, unless told to be thorough', () => {
    const { store } = storedLog(24)
    alterBatch(store, 9, {}, { ...signer, sign: () => new Uint8Array(64).fill(1) })
    const start = (full: boolean) =>
      recoverLog({ author, boot: 2, signer, hlc: stampOf(99), full }, store.read)
    assert.deepEqual(start(false).faults, [])
    assert.equal(start(true).faults[0]?.fault, 'signature')
    // Any fault makes it thorough: both are told.
    alter(store, 20, { subject: 'altered' })
    const both = start(false).faults.map(({ fault }) => fault)
    assert.deepEqual(both.toSorted(), ['chain', 'signature'])
    alterBatch(store, 17, {}, { ...signer, sign: () => new Uint8Array(64).fill(1) })
    assert.ok(start(false).faults.some(({ fault, first }) => fault === 'signature' && first === 17))
  })

  it('insists on key order', () => {
    const { store } = storedLog(8)
    const verifier = createVerifier({ author, publicKey: signer.publicKey, signer, start: GENESIS })
    verifier.feed(store.read(rangeOf('batch')))
    assert.throws(() => verifier.feed(store.read(rangeOf('event')).toReversed()), RangeError)
  })
})

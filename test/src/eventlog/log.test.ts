import assert from 'node:assert/strict'
import { decodeBatch } from '../../../src/eventlog/batch.ts'
import { decodeEvent } from '../../../src/eventlog/encode.ts'
import { EventRefusedError, WrongTokenError } from '../../../src/eventlog/errors.ts'
import { numberOfKey } from '../../../src/eventlog/keys.ts'
import { type EventLog, GENESIS } from '../../../src/eventlog/log.ts'
import { merkleProof, merkleVerify } from '../../../src/eventlog/merkle.ts'
import { openRecord } from '../../../src/eventlog/record.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'
import { author, draft, MemoryStore, newLog, signer, stampOf } from './log-fixture.ts'

const appendSome = (log: EventLog, count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => log.append(draft(from + i), stampOf(from + i)))

function write(log: EventLog, token: number) {
  const given = log.flush(token)
  assert.ok(given)
  return given.ops
}

describe('eventlog/log', () => {
  it('numbers from one, without gaps, each naming the hash of the one before', () => {
    const log = newLog()
    assert.deepEqual(appendSome(log, 3), [1, 2, 3])
    assert.equal(log.head.seq, 3)
    assert.deepEqual(log.durableHead, GENESIS)
    write(log, 1)
    const events = log.written(1)
    assert.deepEqual(log.durableHead, log.head)
    events.reduce((prev, { event, hash }) => {
      assert.deepEqual(event.prevHash, prev)
      return hash
    }, GENESIS.hash)
  })

  it('writes one batch at a time; what comes meanwhile is the next', () => {
    const log = newLog()
    assert.equal(log.flush(1), null)
    appendSome(log, 2)
    assert.equal(write(log, 1).length, 3)
    appendSome(log, 5, 3)
    assert.equal(log.flush(2), null)
    assert.equal(log.written(1).length, 2)
    assert.equal(log.durableHead.seq, 2)
    assert.equal(write(log, 2).length, 6)
    assert.deepEqual(
      log.written(2).map(({ event }) => event.seq),
      [3, 4, 5, 6, 7],
    )
  })

  it('signs each batch: a root from which every event can be proved, and the head', () => {
    const log = newLog()
    appendSome(log, 5)
    const last = write(log, 1).at(-1)
    assert.ok(last?.type === 'put')
    const { batch } = decodeBatch(openRecord(last.value))
    const hashes = log.written(1).map(({ hash }) => hash)
    assert.deepEqual([batch.first, batch.last, batch.author, batch.boot], [1, 5, author, 1])
    assert.deepEqual(Uint8Array.from(batch.head), Uint8Array.from(hashes[4] ?? []))
    hashes.forEach((leaf, index) => {
      const proof = merkleProof(hashes, index, signer.hash)
      assert.ok(merkleVerify({ leaf, index, size: 5, proof, root: batch.root }, signer.hash))
    })
  })

  it('bounds a batch by events and by bytes', () => {
    const log = newLog(GENESIS, 1, { batchEvents: 4, batchBytes: 1_000 })
    appendSome(log, 5)
    assert.equal(write(log, 1).length, 5)
    log.written(1)
    const big = { type: 'log.big', subject: '', data: { bytes: new Uint8Array(990) } }
    log.append(big, stampOf(6))
    log.append(big, stampOf(7))
    assert.deepEqual([write(log, 2).length, log.written(2).length], [2, 1])
    assert.deepEqual([write(log, 3).length, log.written(3).length], [2, 1])
  })

  it('gives the very same bytes again after a failure, so that no number has two contents', () => {
    const log = newLog()
    appendSome(log, 2)
    const first = write(log, 1)
    log.failed(1, 'disk on fire')
    assert.deepEqual(
      [log.stats.failedWrites, log.stats.lastFailure, log.stats.staged],
      [1, 'disk on fire', 2],
    )
    appendSome(log, 3, 3)
    assert.equal(write(log, 2), first)
    assert.equal(log.written(2).length, 2)
    assert.equal(log.stats.lastFailure, null)
    write(log, 3)
    assert.deepEqual(
      log.written(3).map(({ event }) => event.seq),
      [3, 4, 5],
    )
  })

  it('leaves a whole log whether a failed write reached the disk or not', () => {
    for (const reached of [false, true]) {
      const store = new MemoryStore()
      const log = newLog()
      appendSome(log, 4)
      const ops = write(log, 1)
      if (reached) store.apply(ops)
      log.failed(1, 'unknown')
      appendSome(log, 4, 5)
      for (const token of [2, 3]) {
        store.apply(write(log, token))
        log.written(token)
      }
      const found = recoverLog({ author, boot: 2, signer, hlc: stampOf(99) }, store.read)
      assert.deepEqual([found.faults, found.log], [[], log.durableHead])
    }
  })

  it('refuses telemetry first when too much waits, keeps what is in the chain, and says so afterwards', () => {
    const log = newLog(GENESIS, 1, { stagedEvents: 8 })
    const telemetry = { type: 'flight.position', subject: '', data: {} }
    const command = { type: 'command.refused', subject: '', data: {} }
    for (let i = 1; i <= 6; i++) assert.equal(log.append(telemetry, stampOf(i)), i)
    assert.equal(log.append(telemetry, stampOf(7)), null)
    assert.equal(log.append(command, stampOf(8)), 8)
    // The gap is told right after it, before whatever is accepted next.
    write(log, 1)
    const types = log.written(1).map(({ event }) => event.type)
    assert.deepEqual(types.slice(5), ['flight.position', 'log.overflowed', 'command.refused'])
    assert.equal(log.stats.refused, 1)
    assert.equal(log.stats.staged, 0)
  })

  it('refuses everything at the bound, and tells of it once there is room, even if nothing else happens', () => {
    const log = newLog(GENESIS, 1, { stagedEvents: 4 })
    const command = { type: 'command.refused', subject: '', data: {} }
    for (let i = 1; i <= 4; i++) log.append(command, stampOf(i))
    assert.deepEqual([log.append(command, stampOf(5)), log.append(command, stampOf(9))], [null, null])
    write(log, 1)
    log.written(1)
    write(log, 2)
    const [told] = log.written(2)
    assert.equal(told?.event.type, 'log.overflowed')
    assert.deepEqual(told?.event.data, { refused: 2, firstHlc: stampOf(5), lastHlc: stampOf(9) })
    assert.equal(log.flush(3), null)
  })

  it('refuses an event that could not be read back, and stays as it was', () => {
    const log = newLog()
    assert.throws(() => log.append({ type: 'bad', subject: '', data: {} }, 1), EventRefusedError)
    assert.deepEqual([log.head, log.flush(1)], [GENESIS, null])
  })

  it('stops at a report of a write that is not in flight', () => {
    const log = newLog()
    appendSome(log, 1)
    assert.throws(() => log.written(1), WrongTokenError)
    write(log, 1)
    assert.throws(() => log.failed(2, ''), WrongTokenError)
    log.written(1)
    assert.throws(() => log.written(1), WrongTokenError)
  })

  it('goes on over boots with the next number', () => {
    const log = newLog({ seq: 41, hash: new Uint8Array(32).fill(4) }, 7)
    appendSome(log, 1)
    const [op] = write(log, 1)
    assert.ok(op?.type === 'put')
    const event = decodeEvent(openRecord(op.value))
    assert.deepEqual([numberOfKey('event', op.key), event.seq, event.boot, event.prevHash[0]], [42, 42, 7, 4])
  })
})

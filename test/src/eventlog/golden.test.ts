import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEvent, encodeEvent } from '../../../src/eventlog/encode.ts'
import { UnsupportedVersionError } from '../../../src/eventlog/errors.ts'
import { type Entry, rangeOf } from '../../../src/eventlog/keys.ts'
import { openRecord } from '../../../src/eventlog/record.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'
import { MemoryStore, signer, stampOf } from './log-fixture.ts'

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8'))
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (from: Uint8Array): string => Buffer.from(from).toString('hex')

interface Stored {
  readonly key: string
  readonly value: string
}

const v1: { author: string; expected: Record<string, unknown>; records: Stored[] } = read('v1/log.json')
const entries = v1.records.map(({ key, value }): Entry => [bytes(key), bytes(value)])
const init = { author: v1.author, boot: 2, signer, hlc: stampOf(100) }

describe('eventlog on disk', () => {
  for (const full of [false, true]) {
    it(`reads the log of version 1 (${full ? 'all of it' : 'behind its snapshot'})`, () => {
      const { log, faults, ops, view, snapshots, stats } = recoverLog(
        { ...init, full, verifyEventsMin: 0 },
        MemoryStore.of(entries).read,
      )
      assert.deepEqual([faults, ops], [[], []])
      assert.deepEqual({ seq: log.seq, hash: hex(log.hash) }, v1.expected.head)
      assert.deepEqual(snapshots, [v1.expected.snapshotSeq])
      assert.equal(stats.events, full ? v1.expected.events : 4)
      const { latest, ...rest } = view
      assert.equal(latest.size, 0)
      const plain = { ...rest, countByType: Object.fromEntries(view.countByType), peers: [...view.peers] }
      assert.deepEqual(plain, v1.expected.view)
    })
  }

  it('writes the events of version 1 as they were written', () => {
    const stored = MemoryStore.of(entries).read(rangeOf('event'))
    assert.equal(stored.length, v1.expected.events)
    for (const [, value] of stored) {
      const event = openRecord(value)
      assert.equal(hex(encodeEvent(decodeEvent(event))), hex(event))
    }
    const fifth = stored[0]
    assert.ok(fifth)
    assert.equal(hex(signer.hash(openRecord(fifth[1]))), v1.expected.event5)
  })

  const newer: (Stored & { name: string; what: string; found: number })[] = read('newer/records.json')
  for (const { name, key, value, what, found } of newer) {
    it(`refuses a newer ${name}, naming what was found and what is supported`, () => {
      const store = MemoryStore.of(entries)
      store.apply([{ type: 'put', key: bytes(key), value: bytes(value) }])
      const refused = (error: unknown) =>
        error instanceof UnsupportedVersionError &&
        error.what === what &&
        error.found === found &&
        /version 2, this program reads 1/.test(error.message)
      assert.throws(() => recoverLog({ ...init, full: true }, store.read), refused)
    })
  }
})

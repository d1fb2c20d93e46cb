import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeBatch } from '../../../src/eventlog/batch.ts'
import { decodeEvent } from '../../../src/eventlog/encode.ts'
import { batchLine, eventLine, parseLogLine } from '../../../src/eventlog/export.ts'
import { rangeOf } from '../../../src/eventlog/keys.ts'
import { openRecord } from '../../../src/eventlog/record.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'
import { verifyLog } from '../../../src/eventlog/verify-log.ts'
import { author, type MemoryStore, newLog, signer, stampOf, storedLog } from './log-fixture.ts'

const keys = { [author]: signer.publicKey }

/** Lines as a program would export them: each batch after its last event. */
function exported(store: MemoryStore): string[] {
  const batches = store.read(rangeOf('batch')).map(([, value]) => decodeBatch(openRecord(value)))
  return store.read(rangeOf('event')).flatMap(([, value]) => {
    const bytes = openRecord(value)
    const event = decodeEvent(bytes)
    const line = JSON.stringify(eventLine({ event, hash: signer.hash(bytes) }))
    const batch = batches.find(one => one.batch.last === event.seq)
    return batch === undefined ? [line] : [line, JSON.stringify(batchLine(batch))]
  })
}

const verdict = (lines: Iterable<unknown>) => verifyLog(lines, keys, signer)

describe('eventlog/verify-log', () => {
  it('believes a whole export, as text or parsed, from the start or from the middle', () => {
    const { store, log } = storedLog(40)
    const lines = exported(store)
    const whole = verdict(lines)
    assert.ok(whole.ok)
    assert.deepEqual(
      [whole.author, whole.first, whole.last, whole.events, whole.batches],
      [author, 1, 40, 40, 5],
    )
    assert.equal(whole.head, Buffer.from(log.head.hash).toString('hex'))
    assert.ok(verdict(lines.map(line => JSON.parse(line))).ok)
    assert.ok(verdict([...lines, '', '  ']).ok)
    const middle = verdict(lines.slice(12))
    assert.ok(middle.ok)
    assert.deepEqual([middle.first, middle.events], [12, 29])
    assert.ok(verdict([]).ok)
  })

  it('names the line of the first fault', () => {
    const lines = exported(storedLog(40).store)
    const changed = lines.with(20, lines[20]?.replace('cruise', 'crUise') ?? '')
    const { seq } = JSON.parse(lines[20] ?? '')
    assert.deepEqual(verdict(changed), {
      ok: false,
      fault: 'checksum',
      seq,
      line: 21,
      detail: `event ${seq} has another hash than its line says`,
    })
    assert.deepEqual(
      { ...verdict(lines.toSpliced(20, 1)), detail: '' },
      { ok: false, fault: 'hole', seq, line: null, detail: '' },
    )
    assert.deepEqual(
      { ...verdict(lines.with(3, '{')), detail: '' },
      { ok: false, fault: 'format', seq: null, line: 4, detail: '' },
    )
    const swapped = lines.with(2, lines[3] ?? '').with(3, lines[2] ?? '')
    assert.deepEqual(
      { ...verdict(swapped), detail: '' },
      { ok: false, fault: 'format', seq: 3, line: 4, detail: '' },
    )
  })

  it('does not believe an unsigned end, nor an unknown author', () => {
    const lines = exported(storedLog(40).store)
    assert.deepEqual(
      { ...verdict(lines.slice(0, -1)), detail: '' },
      { ok: false, fault: 'torn-tail', seq: 33, line: 37, detail: '' },
    )
    assert.equal(verifyLog(lines, {}, signer).ok, false)
    assert.equal(verifyLog(lines, { [author]: new Uint8Array(32) }, signer).ok, false)
  })

  it('notices any changed character', () => {
    const lines = exported(storedLog(12, 4).store)
    const text = lines.join('\n')
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', 'a', '"', 'Z', '}'), (at, character) => {
        if (text[at] === character || text[at] === '\n') return
        const changed = `${text.slice(0, at)}${character}${text.slice(at + 1)}`.split('\n')
        assert.equal(verdict(changed).ok, false)
      }),
      { numRuns: 400 },
    )
  })

  it('tells of the losses that a log declares', () => {
    const { store } = storedLog(24)
    const [lost] = store.read(rangeOf('event', 12, 12))
    assert.ok(lost)
    store.apply([{ type: 'del', key: lost[0] }])
    store.apply(recoverLog({ author, boot: 2, signer, hlc: stampOf(99) }, store.read).ops)
    const found = verdict(exported(store))
    assert.ok(found.ok)
    assert.deepEqual(found.gaps, [{ first: 12, last: 12 }])
  })

  it('carries bytes, and keys that look like them, through JSON', () => {
    const log = newLog()
    const data = {
      raw: Uint8Array.of(0, 255),
      $bytes: 'no',
      $$x: [{ $y: 1 }],
      deep: { raw: Uint8Array.of() },
    }
    log.append({ type: 'test.odd', subject: 'ü\u2028"', data }, 1)
    log.flush(1)
    const [hashed] = log.written(1)
    assert.ok(hashed)
    const item = parseLogLine(JSON.stringify(eventLine(hashed)))
    assert.ok(item.kind === 'event')
    assert.deepEqual(item.hashed.event, hashed.event)
    assert.deepEqual(Buffer.from(signer.hash(item.bytes)), Buffer.from(hashed.hash))
  })
})

import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { decodeBatch } from '../../../src/eventlog/batch.ts'
import { decodeEvent } from '../../../src/eventlog/encode.ts'
import { UnsupportedVersionError } from '../../../src/eventlog/errors.ts'
import { batchLine, eventLine, parseLogLine } from '../../../src/eventlog/export.ts'
import { rangeOf } from '../../../src/eventlog/keys.ts'
import { GENESIS } from '../../../src/eventlog/log.ts'
import type { LogTrust } from '../../../src/eventlog/log-check.ts'
import { openRecord } from '../../../src/eventlog/record.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'
import { type LogVerdict, verifyLog } from '../../../src/eventlog/verify-log.ts'
import { author, cheapSigner, type MemoryStore, newLog, signer, stampOf, storedLog } from './log-fixture.ts'

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

  describe('with what others know', () => {
    const { store, events } = storedLog(40)
    const lines = exported(store)
    const seen = (seq: number, hash = events[seq - 1]?.hash ?? assert.fail()) => ({
      agent: author,
      seq,
      hash,
    })
    const against = (trust: Partial<LogTrust>, from = lines) =>
      verifyLog(from, keys, signer, { witnessed: [], revoked: [], ...trust })

    it('believes a log that goes as far as its author ever signed, and on', () => {
      assert.ok(against({ witnessed: [seen(16), seen(40), { ...seen(40), agent: 'other', seq: 99 }] }).ok)
    })

    it('finds one that is shorter than its author signed', () => {
      const cut = against({ witnessed: [seen(40)] }, exported(storedLog(32).store))
      assert.deepEqual([!cut.ok && cut.fault, !cut.ok && cut.seq], ['shortened', 33])
    })

    it('finds one that was written anew as a whole, with every signature in order', () => {
      const other = against({ witnessed: [seen(16, new Uint8Array(32))] })
      assert.deepEqual([!other.ok && other.fault, !other.ok && other.seq], ['rewritten', 16])
    })

    it('believes of a revoked author what it signed before, and nothing after', () => {
      const revoked = (seq: number) => ({ revoked: [{ agent: author, validTo: { boot: 1, seq } }] })
      assert.ok(against(revoked(40)).ok)
      const late = against(revoked(24))
      assert.deepEqual([!late.ok && late.fault, !late.ok && late.seq], ['revoked', 25])
      const all = against({ revoked: [{ agent: author, validTo: null }] })
      assert.equal(!all.ok && all.seq, 1)
    })
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

  it('finds a line that is nested deeper than the stack is', () => {
    const [line = ''] = exported(storedLog(1).store)
    const deep = `${'{"a":'.repeat(9_999)}0${'}'.repeat(9_999)}`
    const found = verdict([line.replace('"data":{', `"data":{"x":${deep},`)])
    assert.ok(!found.ok)
    assert.deepEqual([found.fault, found.line], ['format', 1])
    assert.match(found.detail, /nested deeper than 16/)
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
        try {
          assert.equal(verdict(changed).ok, false)
        } catch (error) {
          // The character of a version: what a newer program wrote is not judged.
          if (!(error instanceof UnsupportedVersionError)) throw error
        }
      }),
      { numRuns: 400 },
    )
  })

  it('takes signatures where they come, before their events or late, if only in order', () => {
    const lines = exported(storedLog(40).store)
    const batches = lines.filter(line => line.startsWith('{"kind":"batch"'))
    const events = lines.filter(line => !batches.includes(line))
    for (const order of [
      [...batches, ...events],
      [...events, ...batches],
    ]) {
      const found = verdict(order)
      assert.ok(found.ok, JSON.stringify(found))
      assert.deepEqual([found.first, found.last, found.events, found.batches], [1, 40, 40, 5])
      const without = verdict(order.filter(line => line !== events[20]))
      assert.deepEqual(
        { ...without, detail: '' },
        { ok: false, fault: 'hole', seq: 21, line: null, detail: '' },
      )
    }
  })

  it('finds the first event of a log to follow nothing, also where it begins the export', () => {
    const { store } = storedLog(8, 8)
    const log = newLog({ seq: 0, hash: new Uint8Array(32).fill(1) })
    log.append({ type: 'test.odd', subject: '', data: {} }, stampOf(1))
    store.apply(log.flush(1)?.ops ?? [])
    const found = verdict(exported(store).slice(0, 1))
    assert.deepEqual({ ...found, detail: '' }, { ok: false, fault: 'torn-tail', seq: 1, line: 1, detail: '' })
    store.apply(store.read(rangeOf('event', 2)).map(([key]) => ({ type: 'del' as const, key })))
    const odd = verdict(exported(store))
    assert.deepEqual({ ...odd, detail: '' }, { ok: false, fault: 'chain', seq: 1, line: 1, detail: '' })
  })

  describe('of a long log', function () {
    this.timeout(60_000)
    /** Lines of one log, made as they are asked for. */
    function* endless(filler: string, perBatch: number, onEvent: (i: number) => void) {
      const log = newLog(GENESIS, 1, {}, cheapSigner)
      for (let i = 1; ; i++) {
        onEvent(i)
        log.append({ type: 'flight.position', subject: '', data: { i, filler } }, stampOf(i))
        const write = i % perBatch === 0 ? log.flush(i) : null
        if (write === null) continue
        for (const hashed of log.written(i)) yield JSON.stringify(eventLine(hashed))
        const record = write.ops.at(-1)
        assert.ok(record?.type === 'put')
        yield JSON.stringify(batchLine(decodeBatch(openRecord(record.value))))
      }
    }

    const check = (lines: Iterable<unknown>): LogVerdict =>
      verifyLog(lines, { [author]: cheapSigner.publicKey }, cheapSigner)

    function* upTo<T>(count: number, items: Iterable<T>): Generator<T> {
      for (const item of items) {
        if (count-- === 0) return
        yield item
      }
    }

    it('holds no more than what is not signed yet', () => {
      setFlagsFromString('--expose-gc')
      const collect: () => void = runInNewContext('gc')
      const heapBytes: number[] = []
      const onEvent = (i: number) => {
        if (i % 8_000 !== 0) return
        collect()
        heapBytes.push(process.memoryUsage().heapUsed)
      }
      // One event to a batch, as a log is that has little to do.
      const found = check(upTo(48_000, endless('x'.repeat(300), 1, onEvent)))
      assert.ok(found.ok, JSON.stringify(found))
      const [early = 0, late = 0] = [heapBytes[0], heapBytes[2]]
      assert.ok(late - early < 4e6, `${late - early} bytes more after 16,000 more events`)
    })

    it('ends where no log would be unsigned any more', () => {
      let made = 0
      const lines = endless('x'.repeat(60_000), 1, i => {
        made = i
      })
      const found = check(
        upTo(
          5_000,
          filtered(lines, line => line.startsWith('{"kind":"event"')),
        ),
      )
      assert.deepEqual(
        { ...found, detail: '' },
        { ok: false, fault: 'unsigned', seq: 1, line: 1, detail: '' },
      )
      assert.ok(made < 1_200, `${made} events`)
    })

    it('ends at the first fault that no declaration can excuse', () => {
      let made = 0
      const lines = endless('', 8, i => {
        made = i
      })
      const forged = mapped(lines, (line, i) =>
        i === 26 ? line.replace(/"signature":"./, '"signature":"/') : line,
      )
      const found = check(upTo(10_000, forged))
      assert.deepEqual(
        { ...found, detail: '' },
        { ok: false, fault: 'signature', seq: 17, line: 19, detail: '' },
      )
      assert.equal(made, 24)
    })

    function* filtered(lines: Iterable<string>, keep: (line: string) => boolean): Generator<string> {
      for (const line of lines) if (keep(line)) yield line
    }

    function* mapped(
      lines: Iterable<string>,
      change: (line: string, i: number) => string,
    ): Generator<string> {
      let i = 0
      for (const line of lines) yield change(line, i++)
    }
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

import assert from 'node:assert/strict'
import { encode } from 'cborg'
import fc from 'fast-check'
import { decodeEvent, EVENT_LIMITS, encodeEvent, readEnvelope } from '../../../src/eventlog/encode.ts'
import { EventRefusedError, MalformedError } from '../../../src/eventlog/errors.ts'
import type { EventData, LogEvent } from '../../../src/eventlog/event.ts'

const event: LogEvent = {
  v: 1,
  author: '12D3KooWAuthor',
  boot: 3,
  seq: 70_000,
  prevHash: new Uint8Array(32).fill(7),
  hlc: 1_802_240_000_000_000,
  type: 'vehicle.took-off',
  subject: '',
  data: { latE7: -473_700_000, speed: 1.5, tags: ['a', null, true], raw: Uint8Array.of(1, 2) },
}

const value = fc.letrec<{ any: unknown; leaf: unknown }>(tie => ({
  leaf: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(x => (Object.is(x, -0) ? 0 : x)),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
  ),
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter(key => key !== '__proto__'),
      tie('any'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).any

const refused = (change: object, why: RegExp) =>
  assert.throws(
    () => encodeEvent({ ...event, ...change }),
    error => error instanceof EventRefusedError && why.test(error.message),
  )

const malformed = (bytes: Uint8Array, why: RegExp) => {
  const seen = (error: unknown) => error instanceof MalformedError && why.test(error.message)
  assert.throws(() => decodeEvent(bytes), seen)
}

/** The event's fields as a list, to be bent out of shape. */
const fields = (): unknown[] => {
  const { v, author, boot, seq, prevHash, hlc, type, subject, data } = event
  return [v, author, boot, seq, prevHash, hlc, type, subject, data, null]
}
const bent = (index: number, to: unknown): Uint8Array => encode(fields().with(index, to), { float64: true })

describe('eventlog/encode', () => {
  it('reads back what it wrote', () => {
    assert.deepEqual(decodeEvent(encodeEvent(event)), event)
    const traced = { ...event, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
    assert.deepEqual(decodeEvent(encodeEvent(traced)), traced)
  })

  it('reads back any data', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter(key => key !== '__proto__'),
          value,
          { noNullPrototype: true },
        ),
        data => {
          const one = { ...event, data: data as EventData }
          assert.deepEqual(decodeEvent(encodeEvent(one)), one)
        },
      ),
    )
  })

  it('reads back a byte order mark, wherever it stands', () => {
    const mark = '\ufeff'
    const data = {
      [mark]: mark,
      [`${mark}key`]: [`${mark}${mark}text`, `text${mark}`, mark + 'x'.repeat(100)],
    }
    const one = { ...event, subject: `${mark}peer`, data }
    assert.deepEqual(decodeEvent(encodeEvent(one)), one)
  })

  it('writes the same bytes whatever the order of keys', () => {
    const a = encodeEvent({ ...event, data: { bb: 1, a: 2, ccc: 3 } })
    const b = encodeEvent({ ...event, data: { ccc: 3, a: 2, bb: 1 } })
    assert.deepEqual(a, b)
  })

  it('accepts no bytes but its own: every flipped bit is refused or is another event', () => {
    const bytes = encodeEvent(event)
    for (let i = 0; i < bytes.byteLength * 8; i++) {
      const flipped = bytes.with(i >> 3, (bytes[i >> 3] ?? 0) ^ (1 << (i & 7)))
      try {
        assert.ok(Buffer.from(flipped).equals(encodeEvent(decodeEvent(flipped))))
      } catch (error) {
        assert.ok(
          error instanceof Error && 'code' in error && String(error.code).startsWith('log-'),
          String(error),
        )
      }
    }
  })

  it('throws nothing but its own errors on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, asTail) => {
        const bytes = asTail
          ? Uint8Array.from([...encodeEvent(event).subarray(0, noise.length), ...noise])
          : noise
        try {
          decodeEvent(bytes)
        } catch (error) {
          assert.ok(
            error instanceof Error && 'code' in error && String(error.code).startsWith('log-'),
            String(error),
          )
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses what it could not read back', () => {
    refused({ data: { x: Number.NaN } }, /NaN/)
    refused({ data: { x: undefined } }, /not allowed/)
    refused({ data: { x: () => 1 } }, /refused/)
    refused({ data: [] }, /no map/)
    refused({ type: 'NoDots' }, /dotted/)
    refused({ type: `a.${'b'.repeat(EVENT_LIMITS.typeChars)}` }, /type longer/)
    refused({ prevHash: new Uint8Array(31) }, /31 bytes/)
    refused({ data: { x: new Uint8Array(EVENT_LIMITS.bytes) } }, /at most 65536/)
    let deep: EventData = {}
    for (let i = 0; i < EVENT_LIMITS.depth; i++) deep = { deep }
    refused({ data: deep }, /too deep/)
    const circle: { self?: unknown } = {}
    circle.self = circle
    refused({ data: circle }, /refused/)
  })

  it('refuses bytes that say the same in another form', () => {
    malformed(Uint8Array.from([0x8a, 0x18, 0x01]), /shortest/)
    malformed(Uint8Array.from([0x9f, 0x01]), /indefinite/)
    malformed(Uint8Array.from([...encodeEvent(event), 0]), /after the end/)
    malformed(encodeEvent(event).subarray(0, -1), /too early/)
    malformed(bent(3, 1.5), /major type/)
    malformed(bent(8, new Map([[1, 2]])), /major type/)
    malformed(bent(6, 'Upper.Case'), /dotted/)
    malformed(encode(fields().slice(1)), /major type/)
    malformed(encode([...fields(), 1]), /11 fields/)
  })

  it('refuses text that is no UTF-8, and keys out of order', () => {
    const bytes = encodeEvent({ ...event, subject: 'peer', data: { a: 1, b: 2 } })
    const at = Buffer.from(bytes).indexOf('peer')
    malformed(bytes.with(at, 0xff), /canonical/)
    // A text of one letter: its head, 0x61, looks like an "a" itself.
    const a = Buffer.from(bytes).lastIndexOf('aa') + 1
    for (const letter of 'bc') malformed(bytes.with(a, letter.charCodeAt(0)), /out of order or twice/)
  })

  it('reads what the chain needs without building the event', () => {
    const envelope = readEnvelope(encodeEvent(event))
    assert.deepEqual([envelope.seq, envelope.boot, envelope.hlc], [event.seq, event.boot, event.hlc])
    assert.deepEqual(Uint8Array.from(envelope.prevHash), event.prevHash)
    assert.equal(new TextDecoder().decode(envelope.type), event.type)
  })
})

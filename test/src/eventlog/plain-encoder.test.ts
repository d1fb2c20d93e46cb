import assert from 'node:assert/strict'
import { decode, encode } from 'cborg'
import fc from 'fast-check'
import { encodeCanonical } from '../../../src/eventlog/encode.ts'
import { PlainEncoder } from '../../../src/eventlog/plain-encoder.ts'

const byCborg = (value: unknown): Uint8Array => encode(value, { float64: true })
const hex = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('hex')

/** Where heads change their length, on both sides of zero. */
const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(...edges, ...edges.map(edge => -edge), ...edges.map(edge => -1 - edge)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
/** Lone halves of a pair too, which no UTF-8 can carry. */
const text = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'binary' }), fc.constant('\ud800x'))
const bytes = fc.uint8Array({ maxLength: 300 })

const dataWith = (key: fc.Arbitrary<string>) =>
  fc.letrec<{ any: unknown }>(tie => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant(null),
      fc.boolean(),
      number,
      text,
      bytes,
      bytes.map(of => Buffer.from(of)),
      fc.array(tie('any'), { maxLength: 30 }),
      fc.dictionary(key, tie('any'), { maxKeys: 30 }),
    ),
  })).any

describe('eventlog/plain-encoder', () => {
  const encoder = new PlainEncoder(65_536)

  it('writes the very bytes of cborg, for any plain data', () => {
    fc.assert(
      fc.property(dataWith(fc.string({ unit: 'binary-ascii' })), value => {
        const expected = byCborg(value)
        if (expected.byteLength > 65_536) return
        assert.equal(hex(encoder.encode(value)), hex(expected))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is read back by cborg as what it was', () => {
    const value = { text: 'é', list: [1, -1, 1.5, 1e300, true, null], bytes: Uint8Array.of(1), '': { a: {} } }
    assert.deepEqual(decode(encoder.encode(value) ?? Uint8Array.of()), value)
  })

  it('leaves keys beyond ASCII to cborg, whose order is that of bytes', () => {
    assert.equal(encoder.encode({ é: 1 }), null)
    fc.assert(
      fc.property(dataWith(fc.string({ unit: 'binary' })), value => {
        assert.equal(hex(encodeCanonical(value)), hex(byCborg(value)))
      }),
    )
  })

  it('leaves to cborg whatever is not plain, to write or to refuse', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const tagged = new (class {
      readonly a = 1
    })()
    const notPlain = [
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      Symbol('x'),
      () => 1,
      new Map(),
      tagged,
    ]
    for (const value of [...notPlain, new Float64Array(1), new Date(0), circle, new Array(1)]) {
      assert.equal(encoder.encode(value), null)
      assert.equal(encoder.encode({ in: [value] }), null)
    }
  })

  it('never gives less than the whole: what outgrows its buffer is left to cborg', () => {
    const value = { a: 'text', b: Uint8Array.of(1, 2, 3), c: [1.5, 2 ** 40, 'é', -300], d: null, e: 'ende' }
    const { byteLength } = byCborg(value)
    for (let bytesMax = 0; bytesMax < byteLength; bytesMax++) {
      assert.equal(new PlainEncoder(bytesMax).encode(value), null)
    }
    assert.deepEqual(new PlainEncoder(byteLength).encode(value), byCborg(value))
    const large = { text: 'x'.repeat(70_000) }
    assert.deepEqual(encodeCanonical(large), byCborg(large))
  })

  it('gives each caller bytes of its own', () => {
    const first = encoder.encode('one')
    encoder.encode('two')
    assert.deepEqual(first, byCborg('one'))
  })
})

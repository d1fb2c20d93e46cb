import assert from 'node:assert/strict'
import { decode, encode } from 'cborg'
import fc from 'fast-check'
import { FrameError } from '../../../protocols/frame-error.ts'

/** Opens a record: says why not, or null when it was taken. Throws what must not leave a codec. */
export type Refused = (bytes: Uint8Array) => string | null

/** For a codec that throws. */
export function refusedBy(open: (bytes: Uint8Array) => unknown): Refused {
  return bytes => {
    try {
      open(bytes)
      return null
    } catch (error) {
      assert.ok(error instanceof FrameError, `${error}`)
      return error.message
    }
  }
}

/** What every signed record must stand: a test for each. */
export function refusesDamage(good: Uint8Array, refused: Refused): void {
  it('is taken as it is', () => assert.equal(refused(good), null))

  it('is refused with any byte altered', () => {
    for (let at = 0; at < good.byteLength; at++) {
      for (const flip of [0x01, 0xa0]) {
        const altered = Uint8Array.from(good)
        altered[at] = (good[at] ?? 0) ^ flip
        assert.notEqual(refused(altered), null, `byte ${at} ^ ${flip}`)
      }
    }
  })

  it('is refused cut short anywhere, and with something behind it', () => {
    for (let length = 0; length < good.byteLength; length++)
      assert.notEqual(refused(good.subarray(0, length)), null, `${length} bytes`)
    assert.notEqual(refused(Uint8Array.from([...good, 0])), null)
    assert.notEqual(refused(Uint8Array.from([...good, ...good])), null)
  })

  it('is refused with a field of anybody behind those that are signed', () => {
    for (const ballast of [null, 0, new Uint8Array(100)])
      assert.match(refused(encode([...(decode(good) as readonly unknown[]), ballast])) ?? 'taken', /is \[/)
  })

  it('is refused in any spelling of its CBOR but the canonical one', () => {
    const spellings = [...otherSpellings(good)]
    assert.ok(spellings.length >= 3, `${spellings.length}`)
    for (const [what, bytes] of spellings) {
      assert.deepEqual(decode(bytes), decode(good), what)
      assert.match(refused(bytes) ?? 'taken', /canonical|no CBOR/, what)
    }
  })

  it('is not found in garbage, however that is shaped', () => {
    const anyCbor = fc
      .letrec(tie => ({
        value: fc.oneof(
          { maxDepth: 4 },
          fc.integer(),
          fc.string(),
          fc.uint8Array(),
          fc.constant(null),
          fc.boolean(),
          fc.double(),
          fc.array(tie('value'), { maxLength: 6 }),
        ),
      }))
      .value.map(value => encode(value))
    const anyShape = fc.array(anyCbor, { maxLength: 3 }).map(parts => encode(parts))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), anyCbor, anyShape), bytes => {
        assert.notEqual(refused(bytes), null)
      }),
      { numRuns: 300 },
    )
  })

  it('is refused nested as deep as it is allowed to be long, without an overflow', () => {
    for (const depth of [100, 3_000, 6_000, 60_000]) {
      const bytes = new Uint8Array(depth + 1).fill(0x81)
      bytes[depth] = 0x80
      assert.notEqual(refused(bytes), null)
    }
  })
}

/** The same array of two fields, written otherwise: each decodes to the same value. */
function* otherSpellings(good: Uint8Array): Generator<readonly [string, Uint8Array]> {
  const rest = good.subarray(1)
  yield ['length of the array in a byte of its own', Uint8Array.from([0x98, 2, ...rest])]
  yield ['length of the array in four bytes', Uint8Array.from([0x9a, 0, 0, 0, 2, ...rest])]
  yield ['array without a length', Uint8Array.from([0x9f, ...rest, 0xff])]
  const [first] = decode(good) as readonly Uint8Array[]
  const head = encode(first).byteLength - (first?.byteLength ?? 0)
  const long = Uint8Array.from([0x5a, 0, 0, ...lengthOf(first), ...good.subarray(1 + head)])
  yield ['length of the body in four bytes', Uint8Array.from([0x82, ...long])]
}

function lengthOf(bytes: Uint8Array | undefined): readonly [number, number] {
  const length = bytes?.byteLength ?? 0
  return [length >> 8, length & 0xff]
}

/** A record with the prototype that every record has. */
export function plainRecord<T>(model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareBytes } from '../../../src/bytes.ts'
import { crc32c } from '../../../src/eventlog/crc32c.ts'
import { MalformedError } from '../../../src/eventlog/errors.ts'
import { keyOf, numberOfKey, quarantineKey, rangeOf } from '../../../src/eventlog/keys.ts'
import { checksumHolds, openRecord, sealRecord } from '../../../src/eventlog/record.ts'

const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })

describe('eventlog/keys and records', () => {
  it('sorts keys as their numbers', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        assert.equal(Math.sign(compareBytes(keyOf('event', a), keyOf('event', b))), Math.sign(a - b))
        assert.equal(numberOfKey('event', keyOf('event', a)), a)
        assert.equal(numberOfKey('batch', keyOf('event', a)), null)
      }),
    )
    assert.equal(numberOfKey('event', quarantineKey(keyOf('event', 1))), null)
    assert.equal(numberOfKey('event', Uint8Array.of(0x65, 255, 0, 0, 0, 0, 0, 0, 0)), null)
  })

  it('gives ranges that hold just their bucket', () => {
    const { gte, lt } = rangeOf('event', 5, 7)
    const within = [4, 5, 7, 8].map(
      n => compareBytes(keyOf('event', n), gte) >= 0 && compareBytes(keyOf('event', n), lt) < 0,
    )
    assert.deepEqual(within, [false, true, true, false])
    assert.ok(compareBytes(keyOf('event', Number.MAX_SAFE_INTEGER), rangeOf('event').lt) < 0)
    assert.ok(compareBytes(keyOf('meta', 0), rangeOf('event').lt) > 0)
  })

  it('computes CRC-32C (test vectors of RFC 3720, appendix B.4)', () => {
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
    assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43)
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e)
    assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
  })

  it('computes the same CRC-32C as bit by bit, of any length and from anywhere', () => {
    const bitByBit = (bytes: Uint8Array): number => {
      let crc = -1
      for (const byte of bytes) {
        crc ^= byte
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
      }
      return ~crc >>> 0
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(12), (bytes, start) => {
        assert.equal(crc32c(bytes, start), bitByBit(bytes.subarray(start)))
      }),
    )
  })

  it('opens a record only if nothing in it changed', () => {
    const record = sealRecord(Uint8Array.of(1, 2, 3))
    assert.deepEqual(Uint8Array.from(openRecord(record)), Uint8Array.of(1, 2, 3))
    for (let bit = 0; bit < record.byteLength * 8; bit++) {
      const flipped = record.with(bit >> 3, (record[bit >> 3] ?? 0) ^ (1 << (bit & 7)))
      assert.equal(checksumHolds(flipped), false)
      assert.throws(() => openRecord(flipped), MalformedError)
    }
    for (let length = 0; length < record.byteLength; length++) {
      assert.throws(() => openRecord(record.subarray(0, length)), MalformedError)
    }
  })
})

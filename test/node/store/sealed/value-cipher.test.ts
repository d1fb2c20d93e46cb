import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { secretKey } from '../../../../node/store/sealed/gcm.ts'
import { createValueCipher } from '../../../../node/store/sealed/value-cipher.ts'
import { keyOf } from '../../../../src/eventlog/keys.ts'

const HEAD_BYTES = 17
const dataKey = secretKey(randomBytes(32))
const at = keyOf('event', 7)
const value = new TextEncoder().encode('a value of the store')
const plain = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes))
const headOf = (stored: Uint8Array) => Buffer.from(stored.subarray(1, HEAD_BYTES)).toString('hex')

describe('node/store/sealed/value-cipher', () => {
  it('opens what it sealed, also at a later start, of any length', () => {
    const [first, later] = [createValueCipher(dataKey), createValueCipher(dataKey)]
    for (const length of [0, 1, 15, 16, 17, 240, 100_000]) {
      const some = randomBytes(length)
      assert.deepEqual(later.open(at, first.seal(at, some)), new Uint8Array(some))
    }
  })

  it('shows nothing of a value but its length', () => {
    const stored = createValueCipher(dataKey).seal(at, value)
    assert.equal(stored.byteLength, HEAD_BYTES + value.byteLength + 16)
    assert.ok(!Buffer.from(stored).includes(Buffer.from(value.subarray(0, 4))))
    assert.notDeepEqual(stored, createValueCipher(dataKey).seal(at, value))
  })

  it('opens nothing with another key, from under another store key, cut short or longer', () => {
    const cipher = createValueCipher(dataKey)
    const stored = cipher.seal(at, value)
    assert.equal(plain(cipher.open(at, stored)), plain(value))
    assert.equal(createValueCipher(secretKey(randomBytes(32))).open(at, stored), null)
    assert.equal(cipher.open(keyOf('event', 8), stored), null)
    assert.equal(cipher.open(keyOf('batch', 7), stored), null)
    for (let length = 0; length < stored.byteLength; length++)
      assert.equal(cipher.open(at, stored.subarray(0, length)), null, `${length} bytes`)
    assert.equal(cipher.open(at, Uint8Array.of(...stored, 0)), null)
  })

  it('notices every flipped bit: of format, salt, counter, ciphertext and tag', () => {
    const cipher = createValueCipher(dataKey)
    const stored = cipher.seal(at, value)
    for (let bit = 0; bit < stored.byteLength * 8; bit++) {
      const flipped = Uint8Array.from(stored)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(cipher.open(at, flipped), null, `bit ${bit}`)
    }
  })

  it('uses no key and nonce twice, whatever is restarted, cut off, restored and cloned', () => {
    // Nothing on disk is counted on, so a start is a start, be it of the directory itself, of a backup or of a clone.
    const starts = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 16 }), (counts, valuesPerSalt) => {
        const used = new Set<string>()
        const running = counts.map(count => ({
          count,
          cipher: createValueCipher(dataKey, { valuesPerSalt }),
        }))
        // All of them at once, in turns: as clones are.
        for (let turn = 0; turn < 40; turn++)
          for (const { count, cipher } of running)
            if (turn < count) used.add(headOf(cipher.seal(keyOf('event', turn), value)))
        assert.equal(
          used.size,
          counts.reduce((sum, count) => sum + count, 0),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('draws another salt when the counter is at its end, before a nonce would come again', () => {
    const salts: Uint8Array[] = []
    const random = (bytes: number) => {
      salts.push(randomBytes(bytes))
      return salts.at(-1) ?? new Uint8Array()
    }
    const cipher = createValueCipher(dataKey, { valuesPerSalt: 3, random })
    const stored = Array.from({ length: 7 }, () => cipher.seal(at, value))
    assert.equal(salts.length, 3)
    assert.equal(new Set(stored.map(headOf)).size, 7)
    assert.deepEqual(
      stored.map(bytes => bytes[16]),
      [0, 1, 2, 0, 1, 2, 0],
    )
    for (const bytes of stored) assert.equal(plain(cipher.open(at, bytes)), plain(value))
  })

  it('reads what more starts wrote than it keeps keys for', () => {
    const stored = Array.from({ length: 1_500 }, () => createValueCipher(dataKey).seal(at, value))
    const cipher = createValueCipher(dataKey)
    for (const bytes of [...stored, ...stored]) assert.equal(plain(cipher.open(at, bytes)), plain(value))
  })
})

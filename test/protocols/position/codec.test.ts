import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { FrameError } from '../../../protocols/frame-error.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { KEY_ID_LENGTH } from '../../../protocols/identity/key-directory.ts'
import { signedBytes, signingContext } from '../../../protocols/identity/swarm-tag.ts'
import { decodePosition, encodePosition, SIGNATURE_LENGTH } from '../../../protocols/position/codec.ts'
import type { Position } from '../../../src/position/position.ts'
import { anyWirePosition, positionWith } from '../../src/position/samples.ts'

const anyKey = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.uint8Array({ minLength: KEY_ID_LENGTH, maxLength: KEY_ID_LENGTH }),
)
const KEY_ID = new Uint8Array(KEY_ID_LENGTH).fill(0xab)

/** Puts a signature, of no meaning here, behind an encoded report. */
const withSignature = (unsigned: Uint8Array, fill = 0x55): Uint8Array =>
  Uint8Array.from([...unsigned, ...new Uint8Array(SIGNATURE_LENGTH).fill(fill)])

function frameErrorOf(bytes: Uint8Array): FrameError {
  try {
    decodePosition(bytes)
  } catch (error) {
    assert.ok(error instanceof FrameError, `${error}`)
    return error
  }
  return assert.fail('decoded')
}

/** A report with everything in it. */
const FULL: Omit<Position, 'agent'> = positionWith({
  intent: { id: new Uint8Array(16).fill(0x11), state: 'Nonconforming' },
  tokens: [1, 2 ** 32, Number.MAX_SAFE_INTEGER],
})

describe('position codec', () => {
  it('gives back every report the wire can carry, extremes and unknowns included', () => {
    fc.assert(
      fc.property(anyWirePosition, anyKey, (position, key) => {
        const unsigned = encodePosition(position, key)
        const decoded = decodePosition(withSignature(unsigned))
        assert.deepEqual(decoded.position, position)
        assert.deepEqual(decoded.key, key)
        assert.equal(decoded.keyIsFull, key.byteLength === 32)
        assert.deepEqual(decoded.unsigned, unsigned)
        assert.deepEqual(decoded.signature, new Uint8Array(SIGNATURE_LENGTH).fill(0x55))
      }),
      { numRuns: 500 },
    )
  })

  it('is 119 bytes as mostly sent', () => {
    const { agent: _, ...plain } = positionWith()
    assert.equal(withSignature(encodePosition(plain, KEY_ID)).byteLength, 119)
    assert.equal(withSignature(encodePosition(FULL, new Uint8Array(32))).byteLength, 119 + 24 + 17 + 24)
  })

  it('has the layout that is documented', () => {
    const position = positionWith({
      boot: 0x01020304,
      seq: 0x05060708,
      hlc: 0x0a0b0c0d0e0f,
      latE7: -2,
      lonE7: 0x11121314,
      altMm: -256,
      heightDm: null,
      vnCms: 1,
      veCms: -1,
      vdCms: 0x0203,
      headingCdeg: 0x0405,
      accHDm: null,
      accVDm: 0x0607,
      status: 'Emergency',
      batteryPct: null,
      validMs: 3_000,
      intent: { id: Uint8Array.from({ length: 16 }, (_, i) => i), state: 'Contingent' },
      tokens: [0x1_0000_0002],
    })
    const expected = [
      '01 06 abababababababab 01020304 05060708 00000a0b0c0d0e0f',
      'fffffffe 11121314 ffffff00 8000 0001 ffff 0203 0405 ffff 0607 03 ff 1e',
      '000102030405060708090a0b0c0d0e0f 03 0000000100000002',
    ]
    assert.equal(
      Buffer.from(encodePosition(position, KEY_ID)).toString('hex'),
      expected.join('').replaceAll(' ', ''),
    )
  })

  it('reads from anywhere in a larger buffer, and from a Buffer as from a Uint8Array', () => {
    const bytes = withSignature(encodePosition(FULL, KEY_ID))
    const large = Buffer.alloc(bytes.byteLength + 20, 0xee)
    large.set(bytes, 7)
    const decoded = decodePosition(large.subarray(7, 7 + bytes.byteLength))
    assert.deepEqual(decoded.position, decodePosition(bytes).position)
    large.fill(0)
    assert.deepEqual(decoded.position.intent?.id, FULL.intent?.id, 'a view of the frame, not a copy')
  })

  it('brings into range what does not fit, rather than wrapping round', () => {
    const position = positionWith({
      heightDm: 1e9,
      vnCms: -1e9,
      veCms: 1e9,
      vdCms: 40_000,
      accHDm: 1e9,
      accVDm: -5,
      validMs: 1e9,
    })
    const decoded = decodePosition(withSignature(encodePosition(position, KEY_ID))).position
    assert.deepEqual(
      [decoded.heightDm, decoded.vnCms, decoded.veCms, decoded.vdCms, decoded.accHDm, decoded.accVDm],
      [32_767, -32_768, 32_767, 32_767, 65_534, 0],
    )
    assert.equal(decoded.validMs, 25_500)
    const shortest = positionWith({ validMs: 1 })
    assert.equal(decodePosition(withSignature(encodePosition(shortest, KEY_ID))).position.validMs, 100)
  })

  it('refuses to encode more than three tokens', () => {
    assert.throws(() => encodePosition(positionWith({ tokens: [1, 2, 3, 4] }), KEY_ID), /at most 3 tokens/)
  })

  it('refuses every truncation, and whatever is too long', () => {
    for (const key of [KEY_ID, new Uint8Array(32)]) {
      for (const position of [FULL, positionWith()]) {
        const bytes = withSignature(encodePosition(position, key))
        for (let length = 0; length < bytes.byteLength; length++) {
          assert.equal(frameErrorOf(bytes.subarray(0, length)).code, 'truncated', `${length} bytes`)
        }
        assert.equal(frameErrorOf(Uint8Array.from([...bytes, 0])).code, 'oversize')
      }
    }
  })

  it('refuses a newer version, and says what to do', () => {
    const bytes = withSignature(encodePosition(positionWith(), KEY_ID))
    bytes[0] = 2
    const error = frameErrorOf(bytes)
    assert.equal(error.code, 'version')
    assert.equal(error.message, 'position version 2 is not 1: update this node (at byte 0)')
  })

  for (const [what, at, value, message] of [
    ['unknown flags', 1, 0x10, /unknown flags/],
    ['an unknown status', 10 + 42, 5, /unknown status/],
    ['a battery above 100 %', 10 + 43, 101, /battery above 100/],
    ['a validity of nothing', 10 + 44, 0, /never valid/],
    ['a heading beyond 360 degrees', 10 + 36, 0x8d, /heading beyond 360/],
    ['a stamp above 2^53', 10 + 8, 0x20, /above 2\^53/],
  ] as const) {
    it(`refuses ${what}`, () => {
      const bytes = withSignature(encodePosition(positionWith({ headingCdeg: 0 }), KEY_ID))
      bytes[at] = value
      const error = frameErrorOf(bytes)
      assert.equal(error.code, 'malformed')
      assert.match(error.message, message)
    })
  }

  it('throws nothing but FrameError on garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        frameErrorOf(bytes)
      }),
    )
  })

  it('knows one form of each report: what it decodes, it encodes to the same bytes', () => {
    const shaped = fc
      .tuple(fc.constantFrom(0, 1, 2, 4, 7, 12, 15), fc.uint8Array({ minLength: 200, maxLength: 200 }))
      .map(([flags, noise]) => {
        const length = 2 + (flags & 1 ? 32 : 8) + 45 + (flags & 2 ? 17 : 0) + (flags >> 2) * 8 + 64
        const bytes = noise.slice(0, length)
        bytes.set([1, flags])
        // The few fields that noise seldom gets right.
        const body = 2 + (flags & 1 ? 32 : 8)
        bytes[body + 8] = 0
        bytes[body + 9] = 3
        bytes[body + 36] = 10
        bytes[body + 42] = 2
        bytes[body + 43] = 99
        bytes[body + 44] = 30
        return bytes
      })
    let decodedCount = 0
    fc.assert(
      fc.property(shaped, bytes => {
        let decoded: ReturnType<typeof decodePosition>
        try {
          decoded = decodePosition(bytes)
        } catch (error) {
          assert.ok(error instanceof FrameError)
          return
        }
        decodedCount++
        assert.deepEqual(encodePosition(decoded.position, decoded.key), decoded.unsigned)
      }),
      { numRuns: 300 },
    )
    assert.ok(decodedCount > 50)
  })
})

interface Golden {
  readonly name: string
  readonly swarm: string
  readonly seedFill: number
  readonly hex: string
  readonly position: Record<string, unknown>
}

const golden = JSON.parse(
  readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8'),
) as readonly Golden[]

describe('position codec, golden reports of version 1', () => {
  for (const { name, swarm, seedFill, hex, position } of golden) {
    it(`decodes, verifies and encodes for ever: ${name}`, () => {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
      const decoded = decodePosition(bytes)
      assert.deepEqual(plain(decoded.position), position)
      assert.deepEqual(encodePosition(decoded.position, decoded.key), decoded.unsigned)
      const signer = ed25519Signer(new Uint8Array(32).fill(seedFill))
      const message = signedBytes(signingContext('position', swarm), decoded.unsigned)
      assert.ok(signer.verify(signer.publicKey, message, decoded.signature))
      // Ed25519 is deterministic: the same report is signed with the same bytes.
      assert.deepEqual(Buffer.from(signer.sign(message)), Buffer.from(decoded.signature))
    })
  }
})

/** A report as JSON can hold it. */
function plain(position: Omit<Position, 'agent'>): Record<string, unknown> {
  const { intent } = position
  return {
    ...position,
    intent: intent === null ? null : { id: Buffer.from(intent.id).toString('hex'), state: intent.state },
  }
}

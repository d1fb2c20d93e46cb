import assert from 'node:assert/strict'
import { encode } from 'cborg'
import fc from 'fast-check'
import { FrameError } from '../../../protocols/frame-error.ts'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer, sha256, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { createOpener, createSealer } from '../../../protocols/position/sealing.ts'
import {
  decodeSync,
  encodeSync,
  SYNC_FRAME_MAX,
  type SyncDecoderInit,
} from '../../../protocols/sync/codec.ts'
import type { SyncMessage } from '../../../src/agent/interface.ts'
import { cellOf, cellsWithin } from '../../../src/geo/cells.ts'
import type { SignedPosition } from '../../../src/position/position.ts'
import { HLC_MAX, hlcOfMs } from '../../../src/time/hlc.ts'
import { HOVER, positionWith, T0_MS } from '../../src/position/samples.ts'

const SWARM = 'alpha'
const RESOLUTION = 8
const CELL = cellOf(HOVER.latE7, HOVER.lonE7, RESOLUTION)
const signers = Array.from({ length: 5 }, (_, i) => ed25519Signer(new Uint8Array(32).fill(i + 1)))
const agents = signers.map(signer => agentIdOf(signer.publicKey))

/** A node's end of the protocol; it knows the keys of `known`. */
function end(known: readonly { readonly publicKey: Uint8Array }[] = signers): SyncDecoderInit {
  const directory = new KeyDirectory(sha256)
  for (const { publicKey } of known) directory.learn(publicKey)
  const open = createOpener({ swarm: SWARM, directory, verify: verifyEd25519, cellResolution: RESOLUTION })
  return { directory, open }
}

/** Reports of each agent that carry only the short id: the sealer's second, a moment after the first. */
const reports: readonly SignedPosition[] = signers.map((signer, i) => {
  const seal = createSealer(SWARM, signer, new KeyDirectory(sha256))
  const at = (ms: number) => positionWith({ agent: agents[i] ?? '', seq: ms, hlc: hlcOfMs(T0_MS + ms) })
  seal(at(1), CELL)
  return seal(at(100), CELL)
})

type DigestMessage = Extract<SyncMessage, { t: 'digest' }>

const digestWith = (changes: Partial<DigestMessage> = {}): DigestMessage => ({
  t: 'digest',
  cells: [CELL],
  digest: { from: '', to: '', entries: [] },
  reply: true,
  ...changes,
})

const anyDigest: fc.Arbitrary<DigestMessage> = fc
  .record({
    cells: fc.subarray([...cellsWithin(HOVER.latE7, HOVER.lonE7, 2_000, RESOLUTION)]),
    entries: fc.uniqueArray(fc.tuple(fc.constantFrom(...agents), fc.integer({ min: 0, max: HLC_MAX })), {
      selector: ([agent]) => agent,
    }),
    from: fc.constantFrom('', ...agents),
    to: fc.constantFrom('', ...agents),
    reply: fc.boolean(),
  })
  .map(({ cells, entries, from, to, reply }) =>
    digestWith({
      cells,
      digest: { from, to, entries: entries.map(([agent, hlc]) => ({ agent, hlc })) },
      reply,
    }),
  )

const HERE = end()

function frameErrorOf(bytes: Uint8Array): FrameError {
  try {
    decodeSync(bytes, HERE)
  } catch (error) {
    assert.ok(error instanceof FrameError, `${error}`)
    return error
  }
  return assert.fail('decoded')
}

const refusedAs = (frame: unknown): string => frameErrorOf(encode(frame)).code

describe('sync codec', () => {
  it('gives back every digest', () => {
    const here = end()
    fc.assert(
      fc.property(anyDigest, message => {
        const bytes = encodeSync(message, here.directory)
        assert.deepEqual(decodeSync(bytes, end()), { message, refused: [] })
      }),
    )
  })

  it('gives back every delta, also to whom its authors are strangers', () => {
    const message: SyncMessage = { t: 'delta', positions: reports }
    const stranger = end([])
    assert.deepEqual(decodeSync(encodeSync(message, end().directory), stranger), { message, refused: [] })
    for (const { publicKey } of signers) {
      assert.ok(stranger.directory.find(sha256(publicKey).subarray(0, 8)) !== undefined, 'learned')
    }
  })

  it('names a stranger in a digest so that it is missed, each by a name of its own', () => {
    const entries = agents.map(agent => ({ agent, hlc: 5 }))
    const bytes = encodeSync(digestWith({ digest: { from: '', to: '', entries } }), end().directory)
    const { message } = decodeSync(bytes, end([]))
    assert.ok(message.t === 'digest')
    assert.equal(new Set(message.digest.entries.map(entry => entry.agent)).size, agents.length)
    for (const { agent } of message.digest.entries) assert.ok(!agents.includes(agent))
  })

  it('says why reports of a delta fail, and takes the others', () => {
    const damaged = reports.map((report, i) => {
      if (i % 2 === 0) return report
      const bytes = Uint8Array.from(report.bytes)
      bytes[40] = (bytes[40] ?? 0) ^ 1
      return { ...report, bytes }
    })
    const decoded = decodeSync(encodeSync({ t: 'delta', positions: damaged }, end().directory), end())
    assert.deepEqual(decoded.refused, ['signature', 'signature'])
    assert.ok(decoded.message.t === 'delta')
    assert.deepEqual(
      decoded.message.positions.map(({ position }) => position.agent),
      agents.filter((_, i) => i % 2 === 0),
    )
  })

  it('tells a forged report from a misplaced one, one of a newer version and one that is none', () => {
    const [report, key] = [reports[0] ?? assert.fail(), signers[0]?.publicKey]
    const changed = (at: number, to: number) => Uint8Array.from(report.bytes, (b, i) => (i === at ? to : b))
    const rows = [
      [CELL, key, changed(40, (report.bytes[40] ?? 0) ^ 1)],
      ['not a cell', key, report.bytes],
      [CELL, key, changed(0, 9)],
      [CELL, key, report.bytes.subarray(0, 70)],
    ]
    const { refused } = decodeSync(encode([1, rows]), end())
    assert.deepEqual(refused, ['signature', 'misplaced', 'version', 'malformed'])
  })

  it('does not let the bearer of a report give it another author', () => {
    const rows = reports.map(({ cell, bytes }) => [cell, signers[0]?.publicKey, bytes])
    const decoded = decodeSync(encode([1, rows]), end([]))
    assert.equal(decoded.refused.length, reports.length - 1)
  })

  it('keeps the largest messages of an agent within a frame', () => {
    const [first] = reports
    assert.ok(first !== undefined)
    const longest = positionWith({
      agent: agents[0] ?? '',
      intent: { id: new Uint8Array(16), state: 'Accepted' },
      tokens: [1, 2, 3],
    })
    const signer = signers[0]
    assert.ok(signer !== undefined)
    const report = createSealer(SWARM, signer, new KeyDirectory(sha256))(longest, CELL)
    const delta = encodeSync({ t: 'delta', positions: Array(256).fill(report) }, end().directory)
    assert.ok(delta.byteLength <= SYNC_FRAME_MAX)
    const entries = Array(1_024).fill({ agent: agents[0], hlc: HLC_MAX })
    const digest = encodeSync(
      digestWith({ digest: { from: agents[0] ?? '', to: agents[1] ?? '', entries } }),
      end().directory,
    )
    assert.ok(digest.byteLength <= SYNC_FRAME_MAX - 4_096 * 16, 'room for 4096 cells')
    assert.ok(decodeSync(digest, end()).message.t === 'digest')
  })

  it('refuses an oversize frame before it looks inside', () => {
    const error = frameErrorOf(new Uint8Array(SYNC_FRAME_MAX + 1))
    assert.deepEqual([error.code, error.offset], ['oversize', SYNC_FRAME_MAX + 1])
  })

  it('refuses a delta of too many reports', () => {
    assert.equal(refusedAs([1, Array(513).fill([CELL, new Uint8Array(32), new Uint8Array(1)])]), 'malformed')
  })

  it('refuses a kind it does not know', () => {
    assert.equal(refusedAs([2, []]), 'version')
  })

  for (const [what, frame] of [
    ['what is no array', { t: 'digest' }],
    ['a digest without entries', [0, true, CELL, null, '', '']],
    ['a digest of cells that are none', [0, true, 'x', new Uint8Array(), '', '']],
    ['a digest of too many cells', [0, true, Array(4_097).fill(CELL).join(','), new Uint8Array(), '', '']],
    ['a stamp above 2^53', [0, true, CELL, new Uint8Array(16).fill(0xff), '', '']],
    ['a range that is no author', [0, true, CELL, new Uint8Array(), 'x'.repeat(65), '']],
    ['a delta that is no list', [1, 'x']],
    ['a row that is none', [1, [[CELL]]]],
    ['a row with half a key', [1, [[CELL, new Uint8Array(16), new Uint8Array(1)]]]],
    ['a row of nothing', [1, [null]]],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.equal(refusedAs(frame), 'malformed')
    })
  }

  it('refuses entries that end half-way', () => {
    assert.equal(refusedAs([0, true, CELL, new Uint8Array(17), '', '']), 'truncated')
  })

  it('refuses what comes after a message', () => {
    const bytes = encodeSync(digestWith(), end().directory)
    assert.equal(frameErrorOf(Uint8Array.from([...bytes, 0])).code, 'malformed')
    assert.equal(refusedAs([0, true, CELL, new Uint8Array(), '', '', 'more']), 'malformed')
    assert.equal(refusedAs([1, [], 'more']), 'malformed')
    assert.equal(refusedAs([1, [[CELL, new Uint8Array(32), new Uint8Array(1), 'more']]]), 'malformed')
  })

  it('refuses every truncation, and throws nothing but FrameError on any changed byte', () => {
    const message: SyncMessage = { t: 'delta', positions: reports.slice(0, 2) }
    const entries = agents.map(agent => ({ agent, hlc: 5 }))
    for (const each of [message, digestWith({ digest: { from: '', to: '', entries } })]) {
      const bytes = encodeSync(each, end().directory)
      for (let length = 0; length < bytes.byteLength; length++) frameErrorOf(bytes.subarray(0, length))
      for (let at = 0; at < bytes.byteLength; at++) {
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
        try {
          decodeSync(changed, HERE)
        } catch (error) {
          assert.ok(error instanceof FrameError, `byte ${at}: ${error}`)
        }
      }
    }
  })

  it('throws nothing but FrameError on garbage, nested or long as it may be', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void frameErrorOf(bytes)))
    for (const head of [0x81, 0x9f, 0xa1, 0xc1, 0xd8, 0x5f]) {
      frameErrorOf(new Uint8Array(SYNC_FRAME_MAX).fill(head))
    }
    for (const head of [0x9b, 0x5b, 0x7b, 0xbb]) {
      frameErrorOf(Uint8Array.from([head, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
      frameErrorOf(Uint8Array.from([head, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff]))
    }
  })
})

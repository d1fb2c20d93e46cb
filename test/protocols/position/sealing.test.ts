import assert from 'node:assert/strict'
import fc from 'fast-check'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer, sha256, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { signedBytes, signingContext } from '../../../protocols/identity/swarm-tag.ts'
import { decodePosition, encodePosition } from '../../../protocols/position/codec.ts'
import { createOpener, createSealer, type Opened, type Opener } from '../../../protocols/position/sealing.ts'
import { cellOf } from '../../../src/geo/cells.ts'
import type { Position, SignedPosition } from '../../../src/position/position.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { anyWirePosition, HOVER, positionWith, T0_MS } from '../../src/position/samples.ts'

const RESOLUTION = 8
const CELL = cellOf(HOVER.latE7, HOVER.lonE7, RESOLUTION)
const signer = ed25519Signer(new Uint8Array(32).fill(7))
const stranger = ed25519Signer(new Uint8Array(32).fill(8))
const AGENT = agentIdOf(signer.publicKey)

/** A node that opens reports: with a directory of its own, which knows nobody at first. */
function receiver(swarm = 'alpha'): { readonly open: Opener; readonly directory: KeyDirectory } {
  const directory = new KeyDirectory(sha256)
  const open = createOpener({ swarm, directory, verify: verifyEd25519, cellResolution: RESOLUTION })
  return { open, directory }
}

const sealer = (swarm = 'alpha', by = signer): ((position: Position, cell: string) => SignedPosition) =>
  createSealer(swarm, by, new KeyDirectory(sha256))

const own = (changes: Partial<Position> = {}): Position => positionWith({ agent: AGENT, ...changes })

/** Signs a report as somebody who follows no rule: with any key in it, under any context. */
function forge(
  position: Position,
  key: Uint8Array,
  by = signer,
  kind = 'position',
  swarm = 'alpha',
): Uint8Array {
  const unsigned = encodePosition(position, key)
  return Uint8Array.from([...unsigned, ...by.sign(signedBytes(signingContext(kind, swarm), unsigned))])
}

const refusalOf = (opened: Opened): string => ('refusal' in opened ? opened.refusal : 'opened')
const keyIdOf = (by = signer): Uint8Array => Uint8Array.from(sha256(by.publicKey).subarray(0, 8))

const placed = (position: Omit<Position, 'agent'>): string =>
  cellOf(position.latE7, position.lonE7, RESOLUTION)

describe('sealing and opening of position reports', () => {
  it('gives back what was sealed, with its author', () => {
    const seal = sealer()
    const { open } = receiver()
    fc.assert(
      fc.property(anyWirePosition, wire => {
        if (wire.latE7 === 0 && wire.lonE7 === 0) return
        const position = { ...wire, agent: AGENT }
        const sealed = seal(position, placed(position))
        assert.deepEqual(open(sealed.bytes, sealed.cell), { signed: sealed })
      }),
    )
  })

  it('sends the full key first, to each new cell, and every two seconds; else the short id', () => {
    const seal = sealer()
    const other = cellOf(HOVER.latE7 + 1_000_000, HOVER.lonE7, RESOLUTION)
    const isFull = (atMs: number, cell: string): boolean =>
      decodePosition(seal(own({ hlc: hlcOfMs(T0_MS + atMs) }), cell).bytes).keyIsFull
    const steps = [
      [0, CELL, true],
      [100, CELL, false],
      [1_900, CELL, false],
      [2_000, CELL, true],
      [2_100, CELL, false],
      [2_200, other, true],
      [2_300, other, false],
      [2_400, CELL, true],
      [60_000, CELL, true],
      [60_100, CELL, false],
      // A clock put right, far back: the key must not be held back until it catches up.
      [0, CELL, true],
    ] as const
    assert.deepEqual(
      steps.map(([atMs, cell]) => isFull(atMs, cell)),
      steps.map(([, , full]) => full),
    )
  })

  it('does not know an author by a short id until a report with the full key was opened', () => {
    const { open } = receiver()
    const short = forge(own(), keyIdOf())
    assert.equal(refusalOf(open(short, CELL)), 'unknown-key')
    assert.equal(refusalOf(open(forge(own(), signer.publicKey), CELL)), 'opened')
    const opened = open(short, CELL)
    assert.ok('signed' in opened)
    assert.equal(opened.signed.position.agent, AGENT)
  })

  it('takes the word of another for a key only as far as the signature proves it', () => {
    const { open, directory } = receiver()
    const short = forge(own(), keyIdOf())
    assert.equal(refusalOf(open(short, CELL, stranger.publicKey)), 'signature')
    assert.equal(directory.find(keyIdOf(stranger)), undefined)
    assert.equal(refusalOf(open(short, CELL, signer.publicKey)), 'opened')
    assert.equal(refusalOf(open(short, CELL)), 'opened', 'learned by then')
    assert.equal(refusalOf(open(short, CELL, stranger.publicKey)), 'opened', 'a known key needs no word')
  })

  it('refuses a report that names one author and is signed by another', () => {
    for (const known of [false, true]) {
      const { open, directory } = receiver()
      if (known) directory.learn(signer.publicKey)
      const forged = forge(own(), keyIdOf(signer), stranger)
      assert.equal(refusalOf(open(forged, CELL, stranger.publicKey)), 'signature')
      assert.equal(refusalOf(open(forge(own(), signer.publicKey, stranger), CELL)), 'signature')
    }
  })

  it('learns no key that signed nothing', () => {
    const { open, directory } = receiver()
    const bytes = forge(own(), signer.publicKey)
    bytes.fill(1, bytes.byteLength - 64)
    assert.equal(refusalOf(open(bytes, CELL)), 'signature')
    assert.equal(directory.find(keyIdOf()), undefined)
  })

  it('refuses a report of another swarm, and a message of another kind', () => {
    const { open } = receiver('beta')
    const opened = open(sealer('alpha')(own(), CELL).bytes, CELL)
    assert.deepEqual(opened, {
      refusal: 'signature',
      detail: 'the signature does not match: forged, damaged, or of another swarm',
    })
    assert.equal(
      refusalOf(receiver().open(forge(own(), signer.publicKey, signer, 'hello'), CELL)),
      'signature',
    )
  })

  for (const [form, position, key] of [
    ['a short id', own(), keyIdOf()],
    ['a full key', own(), signer.publicKey],
    [
      'a full key, an intent and three tokens',
      own({ intent: { id: new Uint8Array(16).fill(9), state: 'Activated' }, tokens: [1, 2, 3] }),
      signer.publicKey,
    ],
  ] as const) {
    it(`refuses every truncation and every changed byte of a report with ${form}`, () => {
      const { open, directory } = receiver()
      directory.learn(signer.publicKey)
      const bytes = forge(position, key)
      assert.equal(refusalOf(open(bytes, CELL)), 'opened')
      for (let length = 0; length < bytes.byteLength; length++) {
        assert.equal(refusalOf(open(bytes.subarray(0, length), CELL)), 'malformed', `${length} bytes`)
      }
      for (let at = 0; at < bytes.byteLength; at++) {
        for (const mask of [1, 2, 4, 8, 16, 32, 64, 128, 0xff]) {
          const changed = Uint8Array.from(bytes)
          changed[at] = (changed[at] ?? 0) ^ mask
          // On the topic of wherever it now says it is: only the signature must stop it.
          const moved = cellIfAny(changed)
          assert.notEqual(refusalOf(open(changed, moved ?? CELL)), 'opened', `byte ${at} ^ ${mask}`)
        }
      }
    })
  }

  it('answers garbage with a refusal and never throws', () => {
    const { open } = receiver()
    const anyHint = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 250 }), fc.string(), anyHint, (bytes, cell, hint) => {
        assert.notEqual(refusalOf(open(bytes, cell, hint)), 'opened')
      }),
    )
  })

  it('says of a newer version that it is one', () => {
    const bytes = forge(own(), signer.publicKey)
    bytes[0] = 2
    assert.deepEqual(receiver().open(bytes, CELL), {
      refusal: 'version',
      detail: 'position version 2 is not 1: update this node (at byte 0)',
    })
  })

  for (const [what, changes, detail] of [
    ['at 0/0', { latE7: 0, lonE7: 0 }, 'latitude and longitude are both 0: a receiver without a fix'],
    ['beyond the north pole', { latE7: 900_000_001 }, 'latitude 90.0000001 is beyond the pole'],
    ['beyond the south pole', { latE7: -900_000_001 }, 'latitude -90.0000001 is beyond the pole'],
    ['beyond 180 degrees', { lonE7: 1_800_000_001 }, 'longitude 180.0000001 is beyond 180 degrees'],
    ['in space', { altMm: 30_000_001 }, 'altitude 30000.001 m is outside -1 km to 30 km'],
    ['under ground', { altMm: -1_000_001 }, 'altitude -1000.001 m is outside -1 km to 30 km'],
  ] as const) {
    it(`refuses a place ${what}`, () => {
      const bytes = forge(own(changes), signer.publicKey)
      assert.deepEqual(receiver().open(bytes, CELL), { refusal: 'implausible', detail })
    })
  }

  it('refuses a report on the topic of a cell that it is not in', () => {
    const other = cellOf(HOVER.latE7 + 1_000_000, HOVER.lonE7, RESOLUTION)
    const bytes = forge(own(), signer.publicKey)
    assert.equal(refusalOf(receiver().open(bytes, other)), 'misplaced')
    assert.equal(refusalOf(receiver().open(bytes, cellOf(HOVER.latE7, HOVER.lonE7, 7))), 'misplaced')
    assert.equal(refusalOf(receiver().open(bytes, '')), 'misplaced')
  })

  it('will not seal under a short id that is another key', () => {
    const directory = new KeyDirectory(() => new Uint8Array(32))
    directory.learn(stranger.publicKey)
    assert.throws(() => createSealer('alpha', signer, directory), /make a new identity/)
  })
})

function cellIfAny(bytes: Uint8Array): string | null {
  try {
    return placed(decodePosition(bytes).position)
  } catch {
    return null
  }
}

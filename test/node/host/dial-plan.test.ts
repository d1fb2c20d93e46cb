import assert from 'node:assert/strict'
import fc from 'fast-check'
import { gridDisk } from 'h3-js'
import {
  type Acquaintance,
  backoffUs,
  type DialSituation,
  FULL_BACKOFF_MAX_US,
  placesKept,
  whomToDial,
} from '../../../node/host/dial-plan.ts'

const OWN = '881f8ed951fffff'
const [NEXT = OWN] = gridDisk(OWN, 1).filter(cell => cell !== OWN)
const FAR = gridDisk(OWN, 12).at(-1) ?? OWN
const RULE = { target: 4, max: 16, parallel: 8 }

const peer = (key: string, changes: Partial<Acquaintance> = {}): Acquaintance => ({
  key,
  agent: key,
  told: [],
  addresses: ['/ip4/127.0.0.1/tcp/1'],
  cell: '',
  bootstrap: false,
  failures: 0,
  nextDialUs: 0,
  ...changes,
})
const situation = (changes: Partial<DialSituation> = {}): DialSituation => ({
  connected: new Map(),
  chosen: new Set(changes.connected?.keys()),
  dialing: new Set(),
  ownCell: OWN,
  nowUs: 1_000,
  ...changes,
})
const keys = (peers: readonly Acquaintance[]): readonly string[] => peers.map(({ key }) => key)
const connectedTo = (count: number, cell: string) =>
  new Map(Array.from({ length: count }, (_, i) => [`c${i}`, cell]))

describe('dial plan', () => {
  it('dials bootstrap peers first, whatever the target', () => {
    const book = [peer('a', { cell: OWN }), peer('relay', { bootstrap: true, failures: 9 })]
    assert.deepEqual(keys(whomToDial(book, situation(), RULE)), ['relay', 'a'])
    assert.deepEqual(keys(whomToDial(book, situation({ connected: connectedTo(9, OWN) }), RULE)), ['relay'])
  })

  it('prefers those who fly nearest, and those who answered', () => {
    const book = [
      peer('far', { cell: FAR }),
      peer('next', { cell: NEXT }),
      peer('own', { cell: OWN }),
      peer('bad', { cell: OWN, failures: 2 }),
    ]
    assert.deepEqual(keys(whomToDial(book, situation(), RULE)), ['own', 'next', 'bad', 'far'])
  })

  it('stops at the target of near peers', () => {
    const book = [peer('a', { cell: OWN }), peer('b', { cell: OWN })]
    assert.deepEqual(keys(whomToDial(book, situation({ connected: connectedTo(3, NEXT) }), RULE)), ['a'])
    assert.deepEqual(whomToDial(book, situation({ connected: connectedTo(4, NEXT) }), RULE), [])
  })

  it('counts those who dialed it for half of the target, and goes on choosing some by itself', () => {
    const book = ['a', 'b', 'c', 'd', 'e'].map(key => peer(key, { cell: OWN }))
    const crowd = { connected: connectedTo(10, OWN) }
    assert.deepEqual(keys(whomToDial(book, situation({ ...crowd, chosen: new Set() }), RULE)), ['a', 'b'])
    const one = new Set(['c0'])
    assert.deepEqual(keys(whomToDial(book, situation({ ...crowd, chosen: one }), RULE)), ['a'])
    assert.deepEqual(whomToDial(book, situation({ ...crowd, chosen: new Set(['c0', 'c1']) }), RULE), [])
  })

  it('keeps a quarter of its places for those that it dials, and no more than it works for', () => {
    assert.equal(placesKept({ target: 12, max: 64 }), 12)
    assert.equal(placesKept({ target: 12, max: 20 }), 5)
    assert.equal(placesKept({ target: 1, max: 3 }), 0)
  })

  it('still meets a crowd when all its connections are far away', () => {
    const book = [peer('a', { cell: OWN }), peer('b', { cell: FAR })]
    assert.deepEqual(keys(whomToDial(book, situation({ connected: connectedTo(10, FAR) }), RULE)), ['a'])
  })

  it('leaves alone who is connected, being dialed, or not due yet', () => {
    const book = [peer('a'), peer('b'), peer('c', { nextDialUs: 2_000 }), peer('d')]
    const now = situation({ connected: new Map([['a', '' as const]]), dialing: new Set(['b']) })
    assert.deepEqual(keys(whomToDial(book, now, RULE)), ['d'])
  })

  it('never dials more at once than allowed, nor beyond the most connections', () => {
    const book = Array.from({ length: 40 }, (_, i) => peer(`p${i}`, { cell: OWN, bootstrap: i % 2 === 0 }))
    fc.assert(
      fc.property(fc.nat(20), fc.nat(8), (connected, dialing) => {
        const now = situation({
          connected: connectedTo(connected, FAR),
          dialing: new Set(Array.from({ length: dialing }, (_, i) => `d${i}`)),
        })
        const chosen = whomToDial(book, now, RULE).length
        assert.ok(chosen + dialing <= Math.max(RULE.parallel, dialing))
        assert.ok(chosen === 0 || chosen + dialing + connected <= RULE.max)
      }),
    )
  })

  it('backs off further with each failure, to 30 s, and never for good', () => {
    assert.equal(backoffUs(1, 1), 1_000_000)
    assert.equal(backoffUs(3, 1), 4_000_000)
    assert.equal(backoffUs(1_000, 1), 30_000_000)
    assert.equal(backoffUs(1_000, 0), 15_000_000)
    assert.equal(backoffUs(1_000, 1, FULL_BACKOFF_MAX_US), 300_000_000)
  })
})

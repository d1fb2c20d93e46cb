import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PeerLedger } from '../../../protocols/budget/ledger.ts'
import {
  BUDGETS,
  type BudgetName,
  FAULTS,
  PENALTY_HALF_LIFE_MS,
  THRESHOLDS,
  TIME_OUT_MS,
} from '../../../protocols/budget/limits.ts'

const BAN_MS = 1_800_000
const PEER = 'a'
const NAMES = Object.keys(BUDGETS) as BudgetName[]

const newLedger = (capacity = 100) => new PeerLedger({ banMs: BAN_MS, capacity })

/** Spends at an even rate, a thousand times a second at most; the ms at which the peer was out, or null. */
function outAfterMs(ledger: PeerLedger, budget: BudgetName, perS: number, forMs: number): number | null {
  const stepMs = Math.max(1, 1_000 / perS)
  const amount = (perS * stepMs) / 1_000
  for (let nowMs = 0; nowMs < forMs; nowMs += stepMs) {
    ledger.spend(PEER, budget, amount, nowMs)
    if (ledger.isOut(PEER, nowMs)) return nowMs
  }
  return null
}

/** The highest load that a swarm of honest nodes puts on one link, a second. Derived in limits.ts. */
const REPORT_BYTES = 280
const HONEST: { readonly [what: string]: Readonly<Partial<Record<BudgetName, number>>> } = {
  '500 updates/s, 4 copies each, over 8 mesh peers': {
    link: 250 * REPORT_BYTES,
    'gossip-bytes': 250 * REPORT_BYTES,
    'gossip-messages': 300,
    frames: 600,
  },
  'the same from a peer that sends an RPC a message and answers each frame with a window update': {
    link: 250 * (REPORT_BYTES + 60),
    'gossip-bytes': 250 * REPORT_BYTES,
    'gossip-messages': 500,
    frames: 1_000,
  },
  '64 neighbours at 10 Hz, all through one peer': {
    link: 640 * REPORT_BYTES,
    relayed: 640 * REPORT_BYTES,
    'gossip-bytes': 640 * REPORT_BYTES,
    'gossip-messages': 700,
    frames: 1_300,
    control: 20,
    'sync-bytes': 20_000,
    'sync-frames': 5,
    'hello-frames': 10,
    streams: 2,
    connections: 0.4,
  },
}

describe('peer ledger', () => {
  for (const [what, load] of Object.entries(HONEST)) {
    it(`never penalizes an honest peer: ${what}, for an hour, with half a minute at once after a pause`, () => {
      const ledger = newLedger()
      const spent = Object.entries(load) as [BudgetName, number][]
      for (let s = 0; s < 3_600; s++) {
        const waited = s % 300 === 0 ? 30 : 1
        for (const [budget, perS] of spent) ledger.spend(PEER, budget, perS * waited, s * 1_000)
      }
      assert.equal(ledger.points(PEER, 3_600_000), 0)
    })
  }

  for (const budget of NAMES) {
    it(`has a peer out within 30 s that spends ten times its ${budget}, and within 3 s at a hundred times`, () => {
      const { perS } = BUDGETS[budget]
      assert.ok(Number(outAfterMs(newLedger(), budget, perS * 100, 3_000)) > 0)
      const tenTimes = outAfterMs(newLedger(), budget, perS * 10, 30_000)
      assert.ok(tenTimes !== null, 'still in after 30 s')
    })
  }

  it('lets go for a minute at first and bans the second time', () => {
    const ledger = newLedger()
    const flood = (nowMs: number) => {
      for (;;) {
        const judgement = ledger.spend(PEER, 'streams', 1, nowMs)
        if (typeof judgement === 'object') return judgement
      }
    }
    assert.equal(flood(0).act, 'disconnect')
    assert.ok(ledger.isOut(PEER, TIME_OUT_MS - 1))
    assert.equal(ledger.isOut(PEER, TIME_OUT_MS), false)
    assert.equal(ledger.banned(1), 0)
    assert.equal(flood(TIME_OUT_MS).act, 'ban')
    assert.ok(ledger.isOut(PEER, TIME_OUT_MS + BAN_MS - 1))
    assert.equal(ledger.banned(TIME_OUT_MS + 1), 1)
    assert.equal(ledger.isOut(PEER, TIME_OUT_MS + BAN_MS), false)
    assert.equal(ledger.banned(TIME_OUT_MS + BAN_MS), 0)
  })

  it('warns before it lets go, and counts nothing of a peer that is out', () => {
    const ledger = newLedger()
    const acts = Array.from({ length: 12 }, () => ledger.fault(PEER, 'invalid', 0)?.act ?? null)
    assert.deepEqual(acts.slice(0, 5), ['note', 'warn', 'note', 'note', 'disconnect'])
    assert.deepEqual(new Set(acts.slice(5)), new Set([null]))
    assert.equal(ledger.points(PEER, 0), 50)
    assert.equal(ledger.spend(PEER, 'link', 1e12, 0), 'out')
  })

  it('forgives half in ten minutes: a fault now and then adds up to nothing', () => {
    const ledger = newLedger()
    ledger.fault(PEER, 'oversize', 0)
    assert.equal(ledger.points(PEER, PENALTY_HALF_LIFE_MS), FAULTS.oversize.penalty / 2)
    for (let hour = 1; hour <= 1_000; hour++) {
      assert.equal(ledger.fault(PEER, 'oversize', hour * 3_600_000)?.act, 'warn')
    }
    assert.ok(ledger.points(PEER, 3_600_000_000) < THRESHOLDS.disconnect)
  })

  it('keeps peers apart', () => {
    const ledger = newLedger()
    for (let i = 0; i < 5; i++) ledger.fault(PEER, 'invalid', 0)
    assert.ok(ledger.isOut(PEER, 1))
    assert.equal(ledger.isOut('b', 1), false)
    assert.equal(ledger.points('b', 1), 0)
  })

  it('is bounded: strangers push out neither who is banned nor who was seen last', () => {
    const ledger = newLedger(10)
    for (let i = 0; i < 5; i++) ledger.fault('bad', 'invalid', 0)
    for (let i = 0; i < 1_000; i++) {
      ledger.spend('member', 'link', 1, i)
      ledger.spend(`stranger-${i}`, 'link', 1, i)
      assert.ok(ledger.size <= 10)
    }
    ledger.fault('member', 'oversize', 1_000)
    ledger.spend('one more', 'link', 1, 1_000)
    assert.ok(ledger.isOut('bad', 1_000))
    assert.ok(ledger.points('member', 1_000) > 0)
  })

  it('is a function of its inputs, and never penalizes who stays below every rate', () => {
    const spends = fc.array(
      fc.record({
        peer: fc.constantFrom('a', 'b', 'c'),
        budget: fc.constantFrom(...NAMES),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        afterMs: fc.integer({ min: 1_000, max: 60_000 }),
      }),
      { maxLength: 100 },
    )
    fc.assert(
      fc.property(spends, steps => {
        const run = () => {
          const ledger = newLedger()
          let nowMs = 0
          return steps.map(({ peer, budget, share, afterMs }) => {
            nowMs += afterMs
            return ledger.spend(peer, budget, share * BUDGETS[budget].perS, nowMs)
          })
        }
        assert.deepEqual(run(), run())
        assert.ok(run().every(outcome => outcome === 'ok'))
      }),
    )
  })
})

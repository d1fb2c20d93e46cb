import assert from 'node:assert/strict'
import { encode } from 'cborg'
import {
  decodeHello,
  encodeHello,
  type Hello,
  type HelloFrame,
  type Introduction,
} from '../../../protocols/hello/codec.ts'
import {
  HANG_UP_WITHIN_US,
  HELLO_WITHIN_US,
  Link,
  type LinkEffect,
  type LinkInit,
  SILENT_AFTER_US,
} from '../../../protocols/hello/link.ts'

const S = 1_000_000
const CELL = '881f8ed951fffff'
const hello = (changes: Partial<Hello> = {}): Hello => ({
  protocol: 1,
  swarm: 'alps',
  name: 'heron',
  role: 'drone',
  boot: 3,
  version: '0.1.0',
  instance: 'a1',
  epoch: 0,
  credential: null,
  ...changes,
})

/** A node that lets in whoever is of its swarm. */
const here = (changes: Partial<Hello> = {}): LinkInit => ({
  self: () => hello(changes),
  judge: ({ swarm }) => (swarm === 'alps' ? null : `you are of swarm '${swarm}'`),
})

const framesOf = (effects: readonly LinkEffect[]): readonly HelloFrame[] =>
  effects.flatMap(effect => (effect.t === 'send' ? [decodeHello(effect.frame)] : []))
const endOf = (effects: readonly LinkEffect[]) => effects.find(effect => effect.t === 'end')
const goodbyeOf = (effects: readonly LinkEffect[]): string | undefined => {
  const frame = framesOf(effects).find(({ t }) => t === 'goodbye')
  return frame?.t === 'goodbye' ? frame.reason : undefined
}

/** A link whose peer has said hello at 0. */
function upLink(peer: Hello = hello({ name: 'ibex' })): Link {
  const link = new Link(here(), 0)
  link.receive(encodeHello({ t: 'hello', hello: peer }), 0, 0)
  return link
}

/** Two links that talk to each other over a road that takes `delayUs`; B's wall clock is `offsetMs` ahead. */
function pair(delayUs: number, offsetMs: number) {
  const [a, b] = [new Link(here(), 0), new Link(here({ name: 'ibex' }), 0)]
  const deliver = (effects: readonly LinkEffect[], to: Link, atUs: number, ahead: number) => {
    for (const effect of effects) {
      if (effect.t === 'send') to.receive(effect.frame, atUs + delayUs, (atUs + delayUs) / 1000 + ahead)
    }
  }
  deliver(a.open(), b, 0, offsetMs)
  deliver(b.open(), a, 0, 0)
  for (let second = 1; second <= 5; second++) {
    deliver(a.tick(second * S, second * 1000, CELL), b, second * S, offsetMs)
    const bAtUs = second * S + 300_000
    deliver(b.tick(bAtUs, bAtUs / 1000 + offsetMs, ''), a, bAtUs, 0)
  }
  return { a, b }
}

describe('link', () => {
  it('says hello first and is up when the other has', () => {
    const link = new Link(here(), 0)
    assert.deepEqual(framesOf(link.open()), [{ t: 'hello', hello: hello() }])
    const effects = link.receive(encodeHello({ t: 'hello', hello: hello({ name: 'ibex' }) }), 1, 0)
    assert.deepEqual(effects, [{ t: 'up', hello: hello({ name: 'ibex' }) }])
    assert.equal(link.hello?.name, 'ibex')
  })

  it('refuses whom its judge refuses and tells it why', () => {
    const link = new Link(here(), 0)
    const effects = link.receive(encodeHello({ t: 'hello', hello: hello({ swarm: 'jura' }) }), 1, 0)
    assert.equal(goodbyeOf(effects), "you are of swarm 'jura'")
    assert.equal(endOf(effects)?.end.t, 'refused')
    assert.equal(link.hello, null)
  })

  it('refuses a peer of another protocol version', () => {
    const effects = new Link(here(), 0).receive(
      encodeHello({ t: 'hello', hello: hello({ protocol: 2 }) }),
      1,
      0,
    )
    assert.match(goodbyeOf(effects) ?? '', /you speak protocol 2, we speak 1: update the older node/)
  })

  it('refuses whatever comes before the hello, a second hello, and garbage', () => {
    const pulse = encodeHello({ t: 'pulse', pulse: { seq: 1, wallMs: 0, echoSeq: -1, heldMs: 0, cell: '' } })
    assert.equal(goodbyeOf(new Link(here(), 0).receive(pulse, 1, 0)), 'the first frame must be a hello')
    const again = upLink().receive(encodeHello({ t: 'hello', hello: hello() }), 1, 0)
    assert.equal(goodbyeOf(again), 'a second hello on one link')
    const garbage = upLink().receive(Uint8Array.of(0xff, 0x00), 1, 0)
    assert.deepEqual(garbage[0], { t: 'malformed' })
    const newer = upLink().receive(encode([99]), 1, 0)
    assert.deepEqual(
      newer.map(({ t }) => t),
      ['send', 'end'],
      'of a kind that is not known yet: refused, but no fault',
    )
    assert.match(goodbyeOf(garbage) ?? '', /a hello frame is no CBOR/)
  })

  it('waits 3 s for the hello, not longer', () => {
    const link = new Link(here(), 0)
    assert.deepEqual(link.tick(HELLO_WITHIN_US, 0, ''), [])
    const effects = link.tick(HELLO_WITHIN_US + 1, 0, '')
    assert.equal(goodbyeOf(effects), 'no hello within 3 s')
  })

  it('gives up on a peer that is silent for longer than two and a half seconds', () => {
    const link = upLink()
    assert.equal(endOf(link.tick(SILENT_AFTER_US, 0, '')), undefined)
    assert.deepEqual(endOf(link.tick(SILENT_AFTER_US + 1, 0, ''))?.end, { t: 'silent' })
    assert.deepEqual(link.tick(SILENT_AFTER_US + S, 0, ''), [], 'it is over: nothing more is sent')
  })

  it('forgives the peer when it was we who stood still', () => {
    const link = upLink()
    link.forgive(25 * S)
    assert.equal(endOf(link.tick(25 * S, 0, '')), undefined)
  })

  it('forgives also whose hello we were too busy to read', () => {
    const link = new Link(here(), 0)
    link.forgive(25 * S)
    assert.deepEqual(link.tick(25 * S + HELLO_WITHIN_US, 0, ''), [])
    assert.equal(goodbyeOf(link.tick(25 * S + HELLO_WITHIN_US + 1, 0, '')), 'no hello within 3 s')
  })

  it('tells leaving from failing', () => {
    const effects = upLink().receive(encodeHello({ t: 'goodbye', reason: 'the node stops' }), 1, 0)
    assert.deepEqual(endOf(effects)?.end, { t: 'left', reason: 'the node stops' })
  })

  describe('to a node without room', () => {
    const other: Introduction = {
      agent: 'chamois',
      addresses: ['/ip4/10.0.0.7/tcp/1'],
      cell: CELL,
      name: '',
      role: 'drone',
    }
    const knock = () => {
      const [full, newcomer] = [new Link(here({ name: 'full' }), 0), new Link(here(), 0)]
      for (const { t, ...rest } of newcomer.open())
        if (t === 'send' && 'frame' in rest) full.receive(rest.frame, 0, 0)
      const effects = full.turnAway([other], 0)
      return { full, newcomer, effects }
    }

    it('leads to others, without ever being up', () => {
      const { newcomer, effects } = knock()
      assert.deepEqual(
        framesOf(effects).map(({ t }) => t),
        ['full', 'introductions', 'goodbye'],
      )
      const heard = effects.flatMap(effect =>
        effect.t === 'send' ? newcomer.receive(effect.frame, 1, 0) : [],
      )
      assert.deepEqual(heard, [
        { t: 'introduced', peers: [other] },
        { t: 'end', end: { t: 'full' } },
      ])
      assert.equal(newcomer.hello, null)
    })

    it('regression: hears of others only from whom it lets in, whoever called: else nobody is who says no hello', () => {
      for (const calls of [false, true]) {
        const link = new Link(here(), 0)
        if (calls) link.open()
        const effects = link.receive(encodeHello({ t: 'introductions', peers: [other] }), 1, 0)
        assert.equal(goodbyeOf(effects), 'the first frame must be a hello')
        assert.deepEqual(
          effects.map(({ t }) => t),
          ['send', 'end'],
        )
      }
    })

    it('regression: judges who says it is full, which whoever calls is not', () => {
      const greeted = (link: Link, swarm: string) =>
        link.receive(encodeHello({ t: 'full', hello: hello({ swarm }) }), 1, 0)
      assert.equal(goodbyeOf(greeted(new Link(here(), 0), 'alps')), 'who calls has room')
      const [one, two] = [new Link(here(), 0), new Link(here(), 0)]
      for (const link of [one, two]) link.open()
      assert.match(goodbyeOf(greeted(one, 'other')) ?? '', /you are of swarm/)
      assert.deepEqual(greeted(two, 'alps'), [])
      assert.equal(two.hello, null, 'it never is up')
      assert.match(goodbyeOf(greeted(two, 'alps')) ?? '', /a second hello/)
    })

    it('is left to the newcomer to hang up, but not for longer than a second', () => {
      const { full, newcomer } = knock()
      assert.deepEqual(full.open(), [], 'no hello any more')
      const pulse = encodeHello({
        t: 'pulse',
        pulse: { seq: 1, wallMs: 0, echoSeq: -1, heldMs: 0, cell: '' },
      })
      assert.deepEqual(full.receive(pulse, 1, 0), [], 'whatever is said now')
      assert.deepEqual(full.tick(HANG_UP_WITHIN_US, 0, ''), [])
      assert.deepEqual(full.tick(HANG_UP_WITHIN_US + 1, 0, ''), [{ t: 'end', end: { t: 'turned-away' } }])
      assert.equal(newcomer.hello, null)
    })
  })

  it('measures the round trip without the time that the other held the pulse', () => {
    const { a, b } = pair(20_000, 0)
    assert.ok(Math.abs((a.rttMs ?? 0) - 40) < 0.01, `${a.rttMs}`)
    assert.ok(Math.abs((b.rttMs ?? 0) - 40) < 0.01, `${b.rttMs}`)
  })

  it('measures how far the other clock is ahead', () => {
    const { a, b } = pair(20_000, 1_500)
    assert.ok(Math.abs((a.clockOffsetMs ?? 0) - 1_500) <= 1, `${a.clockOffsetMs}`)
    assert.ok(Math.abs((b.clockOffsetMs ?? 0) + 1_500) <= 1, `${b.clockOffsetMs}`)
  })

  it('says when the peer flies into another cell', () => {
    const { b } = pair(1_000, 0)
    assert.equal(b.cell, CELL)
    const pulse = { seq: 9, wallMs: 0, echoSeq: -1, heldMs: 0, cell: '881f8ed953fffff' as const }
    const effects = b.receive(encodeHello({ t: 'pulse', pulse }), 6 * S, 6_000)
    assert.deepEqual(effects, [{ t: 'moved' }])
  })
})

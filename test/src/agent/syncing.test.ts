import assert from 'node:assert/strict'
import { sha256 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { encodeSync, SYNC_FRAME_MAX } from '../../../protocols/sync/codec.ts'
import type { Effect } from '../../../src/agent/interface.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { HOVER, T0_MS } from '../position/samples.ts'
import { pick, Rig, signed } from './rig.ts'

const delta = (...positions: Parameters<typeof signed>[0][]) => ({
  t: 'sync' as const,
  from: 'p',
  message: { t: 'delta' as const, positions: positions.map(signed) },
})

/** An agent that hovers over Zurich and listens around it. */
function hovering(seed: number): Rig {
  const rig = new Rig(seed)
  rig.settle(rig.start())
  rig.fix()
  return rig
}

const known = (rig: Rig): string[] =>
  Array.from(
    rig.agent.sharing.world.all(),
    ({ signed: { position } }) => `${position.agent} ${position.hlc}`,
  ).sort()

/** Carries what the two send to each other until nothing is left; says how many messages it took. */
function carry(a: Rig, b: Rig, effects: readonly Effect[]): number {
  let count = 0
  const open = pick(effects, 'send').map(({ message }) => ({ to: b, from: a, message }))
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { to, from, message } = next
    assert.ok(++count < 100, 'they never end')
    const answer = to.step({ t: 'sync', from: from.id, message })
    open.push(...pick(answer, 'send').map(send => ({ to: from, from: to, message: send.message })))
  }
  return count
}

describe('agent: anti-entropy', () => {
  it('takes what a peer passes on: a report older than its validity is a volume, never a point', () => {
    const rig = hovering(1)
    rig.step(
      delta({ agent: 'old', hlc: hlcOfMs(T0_MS - 60_000) }, { agent: 'new', hlc: hlcOfMs(T0_MS - 100) }),
    )
    const kinds = rig.agent
      .neighbors(rig.now)
      .map(({ heard, belief }) => [heard.signed.position.agent, belief.kind])
    assert.deepEqual(kinds, [
      ['old', 'volume'],
      ['new', 'point'],
    ])
    assert.equal(rig.agent.neighbors(rig.now)[0]?.belief.ageMs, 60_000)
    const { deltaPositionsReceived, deltaPositionsTaken } = rig.agent.counters
    assert.deepEqual([deltaPositionsReceived, deltaPositionsTaken], [2, 2])
  })

  it('takes nothing from the future, long forgotten, of cells it does not hear, or of itself', () => {
    const rig = hovering(1)
    rig.step(
      delta(
        { agent: 'future', hlc: hlcOfMs(T0_MS + 2_000) },
        { agent: 'forgotten', hlc: hlcOfMs(T0_MS - 600_001) },
        { agent: 'elsewhere', hlc: hlcOfMs(T0_MS), latE7: HOVER.latE7 + 5_000_000 },
        { agent: rig.id, hlc: hlcOfMs(T0_MS), seq: 99 },
      ),
    )
    assert.deepEqual(known(rig), [])
    assert.equal(rig.agent.counters.deltaPositionsTaken, 0)
  })

  it('does not bring back, by a late copy, what was forgotten', () => {
    const rig = hovering(1)
    const old = { agent: 'b', hlc: hlcOfMs(T0_MS) }
    rig.hear(old)
    rig.after(600_001, { t: 'tick' })
    rig.after(10_000, { t: 'tick' })
    assert.deepEqual(known(rig), [])
    rig.step(delta(old))
    assert.equal(rig.hear(old), 'ignore expired')
    assert.deepEqual(known(rig), [])
  })

  it('makes two agents know the same within one greeting', () => {
    const [a, b] = [hovering(1), hovering(2)]
    for (let i = 0; i < 40; i++) {
      const age = { hlc: hlcOfMs(T0_MS - i * 100) }
      if (i % 3 !== 0) a.hear({ agent: `n${i}`, ...age })
      if (i % 3 !== 1) b.hear({ agent: `n${i}`, ...age, seq: 2 })
    }
    const count = carry(a, b, a.step({ t: 'peer', peer: b.id, up: true, why: '' }))
    assert.ok(count <= 4)
    assert.ok(known(a).length >= 31)
    assert.deepEqual(known(b), known(a))
  })

  it('answers an answer with what is lacking there, never with a digest again', () => {
    const rig = hovering(1)
    rig.hear({ agent: 'n', hlc: hlcOfMs(T0_MS) })
    const entries = [{ agent: 'm', hlc: hlcOfMs(T0_MS) }]
    const answers = (reply: boolean): string[] => {
      const cells = rig.agent.sharing.interest.joined()
      const message = { t: 'digest' as const, cells, digest: { from: '', to: '', entries }, reply }
      const effects = rig.step({ t: 'sync', from: 'p', message })
      return pick(effects, 'send').map(send => send.message.t)
    }
    assert.deepEqual(answers(true), ['delta', 'digest'])
    assert.deepEqual(answers(false), ['delta'])
  })

  it('answers a digest of all it knows with nothing', () => {
    const [a, b] = [hovering(1), hovering(2)]
    for (const rig of [a, b]) rig.hear({ agent: 'n', hlc: hlcOfMs(T0_MS) })
    assert.equal(carry(a, b, a.step({ t: 'peer', peer: b.id, up: true, why: '' })), 1)
  })

  it('sends a delta no larger than its bound, and the rest in the next rounds', () => {
    const [a, b] = [hovering(1), hovering(2)]
    for (let i = 0; i < 1_000; i++) {
      b.step({ t: 'position', from: 'p', signed: signed({ agent: `n${i}`, hlc: hlcOfMs(T0_MS) + i }) })
    }
    a.step({ t: 'peer', peer: b.id, up: true, why: '' })
    let rounds = 0
    while (known(a).length < 1_000 && rounds++ < 10) {
      a.ms += 7_000
      const before = known(a).length
      carry(a, b, a.step({ t: 'tick' }))
      assert.ok(known(a).length - before <= 256)
    }
    assert.deepEqual(known(a), known(b))
  })

  it('of a station that watches more than a digest may name takes its cells in turns, and leaves none out', () => {
    const area = { latE7: HOVER.latE7, lonE7: HOVER.lonE7, radiusM: 50_000 }
    const rig = new Rig(1, { watch: [area] })
    rig.start()
    const named = new Set<string>()
    const digests = [...pick(rig.step({ t: 'peer', peer: 'p', up: true, why: '' }), 'send')]
    for (let s = 0; s < 60; s++) digests.push(...pick(rig.after(1_000, { t: 'tick' }), 'send'))
    for (const { message } of digests) {
      assert.ok(message.t === 'digest' && message.cells.length <= 4_096)
      assert.ok(encodeSync(message, new KeyDirectory(sha256)).byteLength <= SYNC_FRAME_MAX)
      for (const cell of message.cells) named.add(cell)
    }
    assert.deepEqual([...named].sort(), rig.agent.sharing.interest.joined())
  })

  it('of a station that watches much also names every author in its turn', () => {
    const area = { latE7: HOVER.latE7, lonE7: HOVER.lonE7, radiusM: 50_000 }
    const rig = new Rig(1, { watch: [area] })
    rig.start()
    for (let i = 0; i < 4_000; i++) {
      const latE7 = HOVER.latE7 + ((i % 80) - 40) * 90_000
      const report = signed({ agent: `n${i}`, latE7, hlc: hlcOfMs(T0_MS) })
      rig.step({ t: 'position', from: 'p', signed: report })
    }
    assert.equal(known(rig).length, 4_000)
    rig.step({ t: 'peer', peer: 'p', up: true, why: '' })
    const named = new Set<string>()
    for (let s = 0; s < 150; s++) {
      for (const { message } of pick(rig.after(1_000, { t: 'tick' }), 'send')) {
        if (message.t === 'digest') for (const { agent } of message.digest.entries) named.add(agent)
      }
    }
    assert.equal(named.size, 4_000)
  })

  it('greets one of its peers per interval, each in turn of chance', () => {
    const rig = hovering(1)
    const peers = ['p', 'q', 'r']
    for (const peer of peers) rig.step({ t: 'peer', peer, up: true, why: '' })
    const greeted: string[] = []
    for (let s = 0; s < 300; s++)
      greeted.push(...pick(rig.after(1_000, { t: 'tick' }), 'send').map(send => send.to))
    assert.ok(greeted.length >= 40 && greeted.length <= 80, `${greeted.length} greetings in 300 s`)
    assert.deepEqual([...new Set(greeted)].sort(), peers)
  })
})

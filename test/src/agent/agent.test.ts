import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Effect, Input } from '../../../src/agent/interface.ts'
import { cellAndRing, cellOf, cellsWithin } from '../../../src/geo/cells.ts'
import { hlcMs, hlcOfMs } from '../../../src/time/hlc.ts'
import { fixWith, HOVER, T0_MS } from '../position/samples.ts'
import { eventTypes, pick, Rig, signed } from './rig.ts'

const CELL = cellOf(HOVER.latE7, HOVER.lonE7, 8)

describe('agent: time', () => {
  it('asks to be woken at a moment still to come, after every tick', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 50 }), gaps => {
        const rig = new Rig()
        rig.start()
        for (const gap of gaps) {
          const wakes = pick(rig.after(gap, { t: 'tick' }), 'wake')
          assert.equal(wakes.length, 1)
          assert.ok(wakes.every(wake => wake.atUs > rig.now.monoUs))
        }
      }),
    )
  })

  it('after a pause of 25 s does everything once, not once per second missed', () => {
    const rig = new Rig()
    rig.settle(rig.start())
    rig.step({ t: 'peer', peer: 'p', up: true, why: '' })
    rig.fix()
    rig.settle(rig.after(1_000, { t: 'tick' }))
    rig.ms += 25_000
    const effects = [...rig.fix(), ...rig.step({ t: 'tick' })]
    const after = [...effects, ...rig.settle(effects)]
    assert.equal(pick(after, 'publish').length, 1)
    assert.ok(pick(after, 'send').length <= 1)
    assert.equal(pick(after, 'wake').length, 1)
    assert.deepEqual(pick(after, 'unsubscribe'), [])
    assert.ok(eventTypes(after).filter(type => type === 'flight.position').length <= 1)
    const rest = rig.step({ t: 'tick' })
    assert.deepEqual(
      rest.filter(effect => effect.t !== 'wake'),
      [],
    )
  })

  it('does the same twice: equal inputs at equal times give equal effects', () => {
    const anyInput: fc.Arbitrary<Input> = fc.oneof(
      fc.constant<Input>({ t: 'tick' }),
      fc
        .integer({ min: -500, max: 500 })
        .map<Input>(n => ({ t: 'fix', fix: fixWith({ latE7: HOVER.latE7 + n * 100 }) })),
      fc
        .tuple(fc.constantFrom('x', 'y'), fc.boolean())
        .map<Input>(([peer, up]) => ({ t: 'peer', peer, up, why: '' })),
      fc
        .tuple(fc.constantFrom('u', 'v', 'w'), fc.integer({ min: -5_000, max: 20_000 }), fc.nat(9))
        .map<Input>(([agent, ms, seq]) => ({
          t: 'position',
          from: 'x',
          signed: signed({ agent, seq, hlc: hlcOfMs(T0_MS + ms) }),
        })),
      fc.constant<Input>({ t: 'note', draft: { type: 'test.noted', subject: '', data: {} } }),
      fc.boolean().map<Input>(reply => ({
        t: 'sync',
        from: 'x',
        message: { t: 'digest', cells: [CELL], digest: { from: '', to: '', entries: [] }, reply },
      })),
    )
    const script = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), anyInput), { maxLength: 40 })
    fc.assert(
      fc.property(script, moves => {
        const run = (): Effect[] => {
          const rig = new Rig()
          const effects = [...rig.start()]
          for (const [ms, input] of moves) {
            const answer = rig.after(ms, input)
            effects.push(...answer, ...rig.settle(answer.slice(0, moves.length % 2 === 0 ? undefined : 0)))
          }
          return effects
        }
        assert.deepEqual(run(), run())
      }),
      { numRuns: 50 },
    )
  })
})

describe('agent: reports of others', () => {
  it('takes a fresh one, and ignores what is not newer', () => {
    const rig = new Rig()
    assert.equal(rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS) }), 'accept fresh')
    assert.equal(rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS) }), 'ignore stale')
    assert.equal(rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS - 500) }), 'ignore stale')
    assert.equal(rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS + 1) }), 'accept fresh')
    const { positionsAccepted, positionsStale } = rig.agent.counters
    assert.deepEqual([positionsAccepted, positionsStale], [2, 2])
  })

  it('ignores and counts one that is older than its validity', () => {
    const rig = new Rig()
    assert.equal(rig.hear({ agent: 'b', validMs: 3_000, hlc: hlcOfMs(T0_MS - 3_000) }), 'accept fresh')
    assert.equal(rig.hear({ agent: 'c', validMs: 3_000, hlc: hlcOfMs(T0_MS - 3_001) }), 'ignore expired')
    assert.equal(rig.agent.counters.positionsExpired, 1)
    assert.equal(rig.agent.neighbors(rig.now).length, 1)
  })

  it('ignores and counts one from the future', () => {
    const rig = new Rig()
    assert.equal(rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS + 1_000) }), 'accept fresh')
    assert.equal(rig.hear({ agent: 'c', hlc: hlcOfMs(T0_MS + 1_001) }), 'ignore future')
    assert.equal(rig.agent.counters.positionsFuture, 1)
  })

  it('counts one under its own key that it never made: a clone', () => {
    const rig = new Rig()
    rig.start()
    const [publish] = pick(rig.fix(), 'publish')
    assert.ok(publish !== undefined)
    const own = { agent: rig.id, boot: 3, hlc: hlcOfMs(T0_MS) }
    assert.equal(rig.hear({ ...own, seq: 1 }, rig.id), 'accept own')
    assert.equal(rig.hear({ ...own, seq: 1 }), 'ignore stale', 'an echo is none')
    assert.equal(rig.hear({ ...own, boot: 2, seq: 900 }), 'ignore stale', 'nor is one of an earlier boot')
    assert.equal(rig.agent.counters.positionsCloned, 0)
    assert.equal(rig.hear({ ...own, seq: 2 }), 'ignore stale')
    assert.equal(rig.hear({ ...own, boot: 4, seq: 1 }), 'ignore stale')
    assert.equal(rig.agent.counters.positionsCloned, 2)
    assert.deepEqual(rig.agent.neighbors(rig.now), [])
  })

  it('believes a point while it is valid, then a volume, then forgets it', () => {
    const rig = new Rig()
    rig.start()
    rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS - 1_000) })
    const kind = (): string | undefined => rig.agent.neighbors(rig.now)[0]?.belief.kind
    assert.equal(kind(), 'point')
    rig.ms += 2_001
    assert.equal(kind(), 'volume')
    rig.after(590_000, { t: 'tick' })
    assert.equal(kind(), 'volume')
    rig.after(20_000, { t: 'tick' })
    assert.equal(kind(), undefined)
    assert.equal(rig.agent.counters.positionsForgotten, 1)
  })

  it('hears its neighbours again after its clock ran hours ahead, alone, and was put right', () => {
    const rig = new Rig()
    rig.start()
    rig.wallOffMs = 7_200_000
    for (let i = 0; i < 30; i++) rig.after(1_000, { t: 'tick' })
    rig.wallOffMs = 0
    for (let i = 0; i < 10; i++) rig.after(1_000, { t: 'tick' })
    assert.equal(rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS + rig.ms) }), 'accept fresh')
  })

  it('does not become deaf to right clocks because of one that is fast', () => {
    // All within the bound of a second: one 950 ms ahead, one 100 ms behind, the others right.
    const rigs = [950, -100, 0, 0].map((wallOffMs, i) => Object.assign(new Rig(i + 1), { wallOffMs }))
    for (const rig of rigs) rig.start()
    for (let step = 0; step < 100; step++) {
      for (const [i, rig] of rigs.entries()) {
        rig.ms = step * 100 + i * 20
        rig.step({ t: 'tick' })
        for (const { position } of pick(rig.fix({ latE7: HOVER.latE7 + i * 100 }), 'publish')) {
          for (const other of rigs) {
            if (other === rig) continue
            other.ms = rig.ms
            other.hear(position, rig.id)
          }
        }
      }
    }
    const behind = rigs[1]
    assert.ok(behind !== undefined)
    assert.ok(behind.agent.clock.trusted, 'it takes its own clock for wrong')
    const fast = rigs[0]?.agent.counters.positionsPublished ?? 0
    assert.ok(behind.agent.counters.positionsFuture <= fast, 'it refuses also those that are right')
  })
})

describe('agent: own reports', () => {
  it('joins its cell and the ring around it before the first report, which goes to that cell', () => {
    const rig = new Rig()
    rig.start()
    const effects = rig.fix()
    assert.deepEqual(
      pick(effects, 'subscribe').map(({ cell }) => cell),
      cellAndRing(CELL),
    )
    assert.equal(effects.at(-1)?.t, 'publish')
    const [publish] = pick(effects, 'publish')
    assert.equal(publish?.cell, CELL)
    const { agent, boot, seq, hlc, validMs } = publish.position
    assert.deepEqual([agent, boot, seq, hlcMs(hlc), validMs], [rig.id, 3, 1, T0_MS, 3_000])
  })

  it('numbers and stamps them rising', () => {
    const rig = new Rig()
    let last = { seq: 0, hlc: 0 }
    for (let i = 0; i < 50; i++) {
      rig.ms += 1_000
      rig.wallOffMs = i % 3 === 0 ? -300 : 300
      const [publish] = pick(rig.fix(), 'publish')
      assert.ok(publish !== undefined)
      assert.ok(publish.position.seq === last.seq + 1 && publish.position.hlc > last.hlc)
      last = publish.position
    }
  })

  it('come at 10 Hz while somebody is near, and at 1 Hz while hovering alone', () => {
    const count = (near: boolean): number => {
      const rig = new Rig()
      for (let i = 0; i < 100; i++) {
        rig.ms += 100
        if (near) rig.hear({ agent: 'b', hlc: hlcOfMs(T0_MS + rig.ms), latE7: HOVER.latE7 + 3_000 })
        rig.fix()
      }
      return rig.agent.counters.positionsPublished
    }
    assert.equal(count(true), 100)
    assert.ok(count(false) <= 11)
  })

  it('come at once when a crossing neighbour, as it must be by now, will be near', () => {
    const rig = new Rig()
    rig.fix({ vnCms: 2_500 })
    // On a collision course 4 s from now, 100 m to the east and north each; reported 2.9 s ago.
    rig.ms = 2_900
    rig.fix({ latE7: HOVER.latE7 + 6_520, vnCms: 2_500 })
    const before = rig.agent.counters.positionsPublished
    const other = {
      agent: 'b',
      latE7: HOVER.latE7 + 6_520 + 225 + 8_990,
      lonE7: HOVER.lonE7 - 13_250 - 9_620,
      veCms: 2_500,
      hlc: hlcOfMs(T0_MS + 100),
    }
    assert.equal(rig.hear(other), 'accept fresh')
    rig.ms = 3_000
    rig.fix({ latE7: HOVER.latE7 + 6_520 + 225, vnCms: 2_500 })
    assert.equal(rig.agent.counters.positionsPublished, before + 1)
  })

  it('are not needed by a station: it listens to all that it watches from the start', () => {
    const area = { latE7: HOVER.latE7, lonE7: HOVER.lonE7, radiusM: 3_000 }
    const rig = new Rig(1, { watch: [area, area] })
    assert.deepEqual(
      pick(rig.start(), 'subscribe').map(({ cell }) => cell),
      cellsWithin(area.latE7, area.lonE7, area.radiusM, 8),
    )
  })
})

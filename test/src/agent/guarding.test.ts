import assert from 'node:assert/strict'
import type { RuleSet } from '../../../src/policy/rules/rule-set.ts'
import type { VehicleFix } from '../../../src/position/position.ts'
import { HOVER, T0_MS } from '../position/samples.ts'
import { trust } from './closed.ts'
import { LENIENT, OBEDIENT } from './command-net.ts'
import { eventTypes, pick, Rig } from './rig.ts'

const GROUND: Partial<VehicleFix> = { status: 'Ground', altMm: 450_000, batteryPct: 100 }
/** A kilometre north of home. */
const AWAY: Partial<VehicleFix> = { latE7: HOVER.latE7 + 90_000 }

/** An agent whose vehicle stood at HOVER on the ground first. */
function flying(rules?: RuleSet, vehicle = OBEDIENT) {
  const rig = new Rig(1, {}, undefined, new Map(), { vehicle, ...(rules && { rules }) })
  rig.settle(rig.start())
  rig.fix(GROUND)
  const events: string[] = []
  /** Lets a second pass, a fix come and the agent look; what the vehicle is told. */
  const told = (fix: Partial<VehicleFix>, seconds = 1): readonly string[] => {
    const orders: string[] = []
    for (let s = 0; s < seconds; s++) {
      rig.ms += 1_000
      rig.fix(fix)
      const effects = rig.step({ t: 'tick' })
      orders.push(...pick(effects, 'actuate').map(({ verb }) => verb))
      events.push(...eventTypes(rig.settle(effects)))
    }
    return orders
  }
  const demanded = () => events.filter(type => type === 'rules.demanded').length
  return { rig, told, demanded }
}

const fence = (inFlight: 'hold' | 'return' | 'land'): RuleSet => ({
  ...LENIENT,
  rules: [
    {
      id: 'near',
      kind: 'geofence',
      stay: 'inside',
      marginMm: 0,
      inFlight,
      area: { shape: 'circle', centre: HOVER, radiusMm: 300_000 },
    },
  ],
})

describe('rules in flight', () => {
  it('ask nothing of a vehicle that keeps to them, nor of one on the ground', () => {
    const { told, demanded } = flying()
    assert.deepEqual(told({ batteryPct: 80 }, 5), [])
    assert.deepEqual(told({ ...GROUND, batteryPct: 3 }, 5), [])
    assert.equal(demanded(), 0)
  })

  it('bring it down for an empty battery, and no ended certificate calls it back up', () => {
    const ending = trust({ notAfterMs: T0_MS + 10_000 })
    const rig = new Rig(1, {}, ending, new Map(), { vehicle: OBEDIENT })
    rig.settle(rig.start())
    rig.fix(GROUND)
    const orders = Array.from({ length: 20 }, () => {
      rig.ms += 1_000
      rig.fix({ ...AWAY, batteryPct: 2 })
      const effects = rig.step({ t: 'tick' })
      rig.settle(effects)
      return pick(effects, 'actuate').map(({ verb }) => verb)
    })
    assert.deepEqual(orders.flat(), ['land'])
  })

  it('call it home while the way home still leaves the reserve, and down when nothing is left; once each', () => {
    const { told, demanded } = flying()
    // A kilometre takes 100 s and 50 m down 25 s: 12.5 %, and a quarter more.
    assert.deepEqual(told({ ...AWAY, batteryPct: 36 }), [])
    assert.deepEqual(told({ ...AWAY, batteryPct: 35 }), ['return'])
    assert.deepEqual(told({ ...AWAY, batteryPct: 34 }, 10), [])
    assert.deepEqual(told({ ...AWAY, batteryPct: 20 }), ['land'])
    assert.deepEqual(
      told({ ...AWAY, batteryPct: 22 }, 10),
      [],
      'and not home again for a battery that recovers',
    )
    assert.equal(demanded(), 2)
  })

  it('ask for what a vehicle may do, also of one whose way home nobody can reckon', () => {
    const { told } = flying(undefined, { takes: OBEDIENT.takes, endurance: null })
    assert.deepEqual(told({ ...AWAY, batteryPct: 20 }), [], 'of what is not known nothing is asked')
    assert.deepEqual(told({ ...AWAY, batteryPct: 19 }), ['return'])
  })

  it('stop it at a fence, each time anew that it comes there, but not for every metre on its edge', () => {
    const { told, demanded } = flying(fence('hold'))
    assert.deepEqual(told({}), [])
    assert.deepEqual(told(AWAY), ['hold'])
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(told({}, 5), [])
      assert.deepEqual(told(AWAY, 5), [])
    }
    assert.equal(demanded(), 1)
    assert.deepEqual(told({}, 40), [])
    assert.equal(demanded(), 2, 'its end is told, too')
    assert.deepEqual(told(AWAY), ['hold'])
  })

  it('begin anew with each flight', () => {
    const { told } = flying(fence('land'))
    assert.deepEqual(told(AWAY), ['land'])
    assert.deepEqual(told({ ...AWAY, status: 'Ground' }, 2), [])
    assert.deepEqual(told(AWAY), ['land'])
  })

  it('bring it home when it hears nobody any more, but not one that never heard anybody', () => {
    const { rig, told } = flying()
    assert.deepEqual(told({}, 120), [])
    rig.step({ t: 'peer', peer: 'a', up: true, why: '' })
    assert.deepEqual(told({}, 120), [], 'while one is there nobody has to speak')
    rig.step({ t: 'peer', peer: 'a', up: false, why: 'silent' })
    assert.deepEqual(told({}, 44), [])
    assert.deepEqual(told({}, 3), ['return'])
  })

  it('ask nothing where there are none, and nothing by a fix that is old', () => {
    const { rig, told } = flying(fence('land'))
    rig.fix(AWAY)
    rig.ms += 5_000
    assert.deepEqual(pick(rig.step({ t: 'tick' }), 'actuate'), [])
    assert.deepEqual(told({}), [])
    const lawless = new Rig(1, {}, undefined, new Map(), { vehicle: OBEDIENT, rules: null })
    lawless.settle(lawless.start())
    lawless.fix({ batteryPct: 1 })
    lawless.ms += 1_000
    assert.deepEqual(pick(lawless.step({ t: 'tick' }), 'actuate'), [])
  })
})

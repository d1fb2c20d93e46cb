import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { createRandom } from '../../../sim/kernel/random.ts'
import { enuOrigin, fromEnu, toEnu } from '../../../src/geo/enu.ts'
import {
  commandDelivery,
  createDelivery,
  type DeliveryPlan,
  type DeliveryState,
  stepDelivery,
} from '../../../src/vehicle/delivery.ts'
import { batteryPct, DELIVERY_MULTIROTOR } from '../../../src/vehicle/multirotor.ts'

const BASE = { latE7: 473_779_000, lonE7: 85_403_000, altMm: 455_400 }
const at = (eastM: number, northM: number, upM: number) =>
  fromEnu(enuOrigin(BASE.latE7, BASE.lonE7, BASE.altMm), { eastM, northM, upM })
const PLAN: DeliveryPlan = {
  base: BASE,
  route: { name: 'test', waypoints: [at(0, 0, 70), at(900, 400, 90)], speedMps: 14 },
  drop: at(900, 400, 20),
  waitS: 5,
  rechargeBelowPct: 30,
}

/** What happened over `seconds`: one word per change. */
function story(plan: DeliveryPlan, seconds: number): { words: string[]; end: DeliveryState } {
  const random = createRandom(1)
  let state = createDelivery(plan, DELIVERY_MULTIROTOR, 2)
  const words: string[] = []
  for (let t = 0; t < seconds; t += 0.1) {
    state = stepDelivery(state, 0.1, random)
    const charging = state.stage.t === 'wait' && state.stage.charging
    const word = charging ? 'charge' : state.vehicle.phase
    if (words.at(-1) !== word) words.push(word)
  }
  return { words, end: state }
}

describe('src/vehicle/delivery', () => {
  it('takes off, flies the route, lands, waits, flies back and lands at the base', () => {
    const { words } = story(PLAN, 330)
    const there = ['ground', 'takeoff', 'cruise', 'hover', 'land', 'ground']
    deepStrictEqual(words.slice(0, 11), [...there, ...there.slice(1)])
  })

  it('lands where the ground is, at either end', () => {
    const random = createRandom(1)
    let state = createDelivery(PLAN, DELIVERY_MULTIROTOR)
    const grounds: number[] = []
    for (let t = 0; t < 400; t += 0.1) {
      const before = state.vehicle.phase
      state = stepDelivery(state, 0.1, random)
      if (before === 'land' && state.vehicle.phase === 'ground')
        grounds.push(Math.round(state.vehicle.position.upM) + 0)
    }
    deepStrictEqual(grounds.slice(0, 2), [20, 0])
  })

  it('charges at the base below 30 %, and so goes on for ever', () => {
    const { words, end } = story(PLAN, 3_600)
    ok(words.includes('charge'))
    ok(words.lastIndexOf('takeoff') > words.indexOf('charge'))
    ok(batteryPct(end.vehicle) > 8 && !end.vehicle.emergency)
  })

  it('comes on after an emergency landing, with a full battery', () => {
    const far = { ...PLAN, route: { ...PLAN.route, waypoints: [at(0, 0, 70), at(14_000, 0, 90)] } }
    const { words } = story(far, 2_400)
    const charged = words.indexOf('charge')
    ok(charged > 0)
    deepStrictEqual(words.slice(charged - 2, charged + 4), [
      'land',
      'ground',
      'charge',
      'ground',
      'takeoff',
      'cruise',
    ])
  })

  it('waits in the air where there is nothing to land on', () => {
    const { words } = story({ ...PLAN, drop: null }, 200)
    deepStrictEqual(words.slice(0, 5), ['ground', 'takeoff', 'cruise', 'hover', 'cruise'])
  })

  it('follows an order instead, and does not take up the delivery again', () => {
    const random = createRandom(1)
    let state = createDelivery(PLAN, DELIVERY_MULTIROTOR)
    for (let t = 0; t < 60; t += 0.1) state = stepDelivery(state, 0.1, random)
    strictEqual(state.vehicle.phase, 'cruise')
    state = commandDelivery(state, { t: 'return' }, random)
    for (let t = 0; t < 300; t += 0.1) state = stepDelivery(state, 0.1, random)
    strictEqual(state.vehicle.phase, 'ground')
    const home = toEnu(state.vehicle.origin, BASE)
    ok(Math.hypot(state.vehicle.position.eastM - home.eastM, state.vehicle.position.northM - home.northM) < 2)
  })
})

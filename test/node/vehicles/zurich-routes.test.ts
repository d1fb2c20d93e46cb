import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { ZURICH_DELIVERIES } from '../../../node/vehicles/zurich-routes.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import { distanceM } from '../../../src/geo/wgs84.ts'
import { createDelivery, stepDelivery } from '../../../src/vehicle/delivery.ts'
import { DELIVERY_MULTIROTOR, multirotorFix } from '../../../src/vehicle/multirotor.ts'

describe('node/vehicles/zurich-routes', () => {
  it('are eight, each with its name and its speed', () => {
    strictEqual(ZURICH_DELIVERIES.length, 8)
    strictEqual(new Set(ZURICH_DELIVERIES.map(d => d.route.name)).size, 8)
    ok(new Set(ZURICH_DELIVERIES.map(d => d.route.speedMps)).size >= 6)
  })

  it('lie within 2.5 km of one another, so that drones meet', () => {
    const ends = ZURICH_DELIVERIES.flatMap(d => [d.base, ...d.route.waypoints])
    for (const a of ends) for (const b of ends) ok(distanceM(a.latE7, a.lonE7, b.latE7, b.lonE7) < 2_500)
  })

  it('are flown there and back on one battery, above the roofs, at most 130 m over the base or the drop', () => {
    for (const plan of ZURICH_DELIVERIES) {
      const random = createRandom(1)
      let state = createDelivery(plan, DELIVERY_MULTIROTOR)
      const landings: string[] = []
      for (let t = 0; t < 1_200 && landings.length < 2; t += 0.1) {
        const before = state.vehicle.phase
        state = stepDelivery(state, 0.1, random)
        const fix = multirotorFix(state.vehicle)
        if (before === 'cruise') {
          const ground = [plan.base.altMm, plan.drop?.altMm ?? plan.base.altMm]
          ok(
            fix.altMm - Math.min(...ground) > 50_000 && fix.altMm - Math.max(...ground) < 130_000,
            plan.route.name,
          )
        }
        if (before !== 'land' || state.vehicle.phase !== 'ground') continue
        const at = (p: { latE7: number; lonE7: number }) =>
          distanceM(p.latE7, p.lonE7, fix.latE7, fix.lonE7) < 5
        landings.push(plan.drop && at(plan.drop) ? 'drop' : at(plan.base) ? 'base' : 'elsewhere')
      }
      deepStrictEqual(landings, ['drop', 'base'], plan.route.name)
      ok(!state.vehicle.emergency)
    }
  })
})

import assert from 'node:assert/strict'
import { createRandom } from '../../../sim/kernel/random.ts'
import { Courier } from '../../../sim/vehicles/courier.ts'
import { ORIGIN } from '../../../sim/vehicles/vehicle.ts'
import { toEnu } from '../../../src/geo/enu.ts'
import type { VehicleFix } from '../../../src/position/position.ts'

const HALF_SIDE_M = 2_000
const SECOND_US = 1_000_000

const courier = (seed: number): Courier => new Courier(createRandom(seed).fork('vehicle/0'), HALF_SIDE_M)

/** What it says each second for `seconds`. */
function fly(vehicle: Courier, seconds: number): VehicleFix[] {
  return Array.from({ length: seconds }, (_, s) => {
    vehicle.advance((s + 1) * SECOND_US)
    return vehicle.fix()
  })
}

describe('courier', () => {
  it('flies the same way for the same seed, and another for another', () => {
    assert.deepEqual(fly(courier(1), 60), fly(courier(1), 60))
    assert.notDeepEqual(fly(courier(1), 60), fly(courier(2), 60))
  })

  it('is in the air, within the area, when the run begins', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const vehicle = courier(seed)
      assert.equal(vehicle.fix().status, 'Airborne', `seed ${seed}`)
      assert.ok(Math.max(Math.abs(vehicle.x), Math.abs(vehicle.y)) < HALF_SIDE_M + 10, `seed ${seed}`)
    }
  })

  it('tells the radio the place that it tells its agent, within a metre', () => {
    const vehicle = courier(3)
    for (let s = 1; s <= 120; s++) {
      vehicle.advance(s * SECOND_US)
      const { eastM, northM } = toEnu(ORIGIN, vehicle.fix())
      assert.ok(Math.hypot(eastM - vehicle.x, northM - vehicle.y) < 1, `${s} s`)
    }
  })

  it('lands, and takes off again', () => {
    const airborne = fly(courier(4), 900).map(fix => fix.status === 'Airborne')
    const changes = airborne.filter((up, i) => i > 0 && up !== airborne[i - 1]).length
    assert.ok(changes >= 4, `${changes} take-offs and landings in 15 minutes`)
  })
})

import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../sim/kernel/random.ts'
import { enuOrigin, fromEnu, toEnu } from '../../../src/geo/enu.ts'
import type { MultirotorCommand } from '../../../src/vehicle/guidance.ts'
import {
  batteryPct,
  chargeMultirotor,
  createMultirotor,
  DELIVERY_MULTIROTOR,
  type MultirotorPhase,
  type MultirotorSpec,
  type MultirotorState,
  multirotorFix,
  stepMultirotor,
} from '../../../src/vehicle/multirotor.ts'
import type { Waypoint } from '../../../src/vehicle/route.ts'

const HOME: Waypoint = { latE7: 473_779_000, lonE7: 85_403_000, altMm: 455_400 }
const DT_S = 0.1

const at = (eastM: number, northM: number, upM: number): Waypoint =>
  fromEnu(enuOrigin(HOME.latE7, HOME.lonE7, HOME.altMm), { eastM, northM, upM })

const windy = (eastMps: number, sigmaMps: number): MultirotorSpec => ({
  ...DELIVERY_MULTIROTOR,
  wind: { eastMps, northMps: 0 },
  gust: { sigmaMps, timeS: 3 },
})

/** Flies until `done`, handing every step to `watch`; fails when it takes longer than `limitS`. */
function fly(
  start: MultirotorState,
  command: MultirotorCommand | null,
  done: (state: MultirotorState) => boolean,
  options: { seed?: number; limitS?: number; watch?: (a: MultirotorState, b: MultirotorState) => void } = {},
): MultirotorState {
  const { seed = 1, limitS = 1800, watch = () => {} } = options
  const random = createRandom(seed)
  let state = start
  for (let t = 0; t < limitS; t += DT_S) {
    const next = stepMultirotor(state, t === 0 ? command : null, DT_S, random)
    watch(state, next)
    state = next
    if (done(state)) return state
  }
  throw new Error(`not done after ${limitS} s: ${state.phase} at ${JSON.stringify(state.position)}`)
}

const inPhase =
  (phase: MultirotorPhase) =>
  (state: MultirotorState): boolean =>
    state.phase === phase

const distanceM = (state: MultirotorState, to: Waypoint): number => {
  const target = toEnu(state.origin, to)
  const { eastM, northM, upM } = state.position
  return Math.hypot(target.eastM - eastM, target.northM - northM, target.upM - upM)
}

describe('src/vehicle/multirotor', () => {
  it('stands still on the ground until it is told otherwise', () => {
    const parked = createMultirotor(windy(8, 3), HOME)
    deepStrictEqual(stepMultirotor(parked, null, 60, createRandom(1)), parked)
    const fix = multirotorFix(parked)
    deepStrictEqual([fix.latE7, fix.lonE7, fix.altMm], [HOME.latE7, HOME.lonE7, HOME.altMm])
    deepStrictEqual([fix.status, fix.heightDm, fix.vnCms, fix.batteryPct], ['Ground', 0, 0, 100])
  })

  it('takes off straight up, flies its route in order, and hovers at the end', () => {
    const waypoints = [at(0, 0, 60), at(400, 0, 80), at(400, 500, 70)]
    const phases: string[] = []
    const visited = new Set<number>()
    const end = fly(
      createMultirotor(DELIVERY_MULTIROTOR, HOME),
      { t: 'route', route: { name: 'test', waypoints, speedMps: 12 } },
      inPhase('hover'),
      {
        watch: (_, next) => {
          if (phases.at(-1) !== next.phase) phases.push(next.phase)
          if (next.phase === 'takeoff') ok(Math.hypot(next.position.eastM, next.position.northM) < 1)
          waypoints.forEach((waypoint, i) => {
            if (distanceM(next, waypoint) < 9) visited.add(i)
          })
        },
      },
    )
    deepStrictEqual(phases, ['takeoff', 'cruise', 'hover'])
    deepStrictEqual([...visited], [0, 1, 2])
    ok(distanceM(end, at(400, 500, 70)) < 1)
  })

  it('never exceeds what it can do: airspeed, climb, descent, acceleration', () => {
    const limits = fc.record({
      seed: fc.nat(),
      windMps: fc.integer({ min: -12, max: 12 }),
      gustMps: fc.nat(4),
    })
    const place = fc.tuple(
      fc.integer({ min: -600, max: 600 }),
      fc.integer({ min: -600, max: 600 }),
      fc.nat(120),
    )
    fc.assert(
      fc.property(
        limits,
        fc.array(place, { minLength: 1, maxLength: 4 }),
        ({ seed, windMps, gustMps }, places) => {
          const spec = windy(windMps, gustMps)
          const waypoints = places.map(([e, n, u]) => at(e, n, u))
          fly(
            createMultirotor(spec, HOME),
            { t: 'route', route: { name: 'any', waypoints, speedMps: 30 } },
            state => state.phase === 'hover' || state.emergency,
            {
              seed,
              watch: (a, b) => {
                const change = Math.hypot(
                  b.velocity.eastM - a.velocity.eastM,
                  b.velocity.northM - a.velocity.northM,
                )
                ok(change <= spec.accelMps2 * DT_S + 1e-9)
                ok(Math.abs(b.velocity.upM - a.velocity.upM) <= spec.accelMps2 * DT_S + 1e-9)
                ok(b.velocity.upM <= spec.maxClimbMps + 1e-9 && b.velocity.upM >= -spec.maxDescentMps - 1e-9)
                ok(
                  Math.hypot(b.velocity.eastM, b.velocity.northM) <=
                    spec.maxSpeedMps + Math.abs(windMps) + 1e-9,
                )
                ok(b.energyWh <= a.energyWh && b.energyWh >= 0)
              },
            },
          )
        },
      ),
      { numRuns: 25 },
    )
  })

  it('holds, returns and lands when told, also in wind and gusts', () => {
    const spec = windy(6, 1.5)
    const away = fly(
      createMultirotor(spec, HOME),
      { t: 'goto', to: at(300, 200, 60), speedMps: 10 },
      s => s.position.eastM > 150,
    )
    const held = fly(away, { t: 'hold' }, s => Math.hypot(s.velocity.eastM, s.velocity.northM) < 0.8)
    strictEqual(held.phase, 'hover')
    const phases = new Set<string>()
    const landed = fly(held, { t: 'return' }, inPhase('ground'), {
      seed: 5,
      watch: (_, next) => {
        phases.add(next.phase)
      },
    })
    deepStrictEqual([...phases], ['return', 'land', 'ground'])
    ok(distanceM(landed, HOME) < 8)
    ok(Math.abs(landed.position.upM) < 0.5)
    strictEqual(multirotorFix(landed).status, 'Ground')
  })

  it('lands on ground that is higher or lower than home', () => {
    const over = fly(
      createMultirotor(DELIVERY_MULTIROTOR, HOME),
      { t: 'goto', to: at(100, 0, 80), speedMps: 12 },
      inPhase('hover'),
    )
    for (const groundM of [42, -15]) {
      const landed = fly(over, { t: 'land', groundAltMm: HOME.altMm + groundM * 1000 }, inPhase('ground'))
      ok(Math.abs(landed.position.upM - groundM) < 0.2)
      strictEqual(multirotorFix(landed).heightDm, Math.round(landed.position.upM * 10))
    }
  })

  it('lands by itself when the battery is nearly empty, and then obeys nobody', () => {
    const far = [at(5_000, 0, 60), at(0, 0, 60), at(5_000, 0, 60), at(0, 0, 60), at(5_000, 0, 60)]
    const random = createRandom(3)
    let told = false
    const down = fly(
      createMultirotor(DELIVERY_MULTIROTOR, HOME),
      { t: 'route', route: { name: 'too far', waypoints: far, speedMps: 15 } },
      inPhase('ground'),
      {
        watch: (_, next) => {
          if (!next.emergency || next.phase === 'ground') return
          told = true
          strictEqual(multirotorFix(next).status, 'Emergency')
          ok(
            ['land', 'ground'].includes(
              stepMultirotor(next, { t: 'goto', to: HOME, speedMps: 9 }, DT_S, random).phase,
            ),
          )
        },
      },
    )
    ok(told && batteryPct(down) < 8 && batteryPct(down) > 0)
    strictEqual(stepMultirotor(down, { t: 'return' }, DT_S, random).phase, 'ground')
    const charged = chargeMultirotor(down, 3600)
    strictEqual(batteryPct(charged), 100)
    strictEqual(stepMultirotor(charged, { t: 'return' }, DT_S, random).phase, 'takeoff')
  })

  it('falls when its motors are switched off, and never flies again', () => {
    const up = fly(
      createMultirotor(DELIVERY_MULTIROTOR, HOME),
      { t: 'goto', to: at(50, 0, 60), speedMps: 10 },
      state => state.position.upM > 40,
    )
    const random = createRandom(1)
    const falling = stepMultirotor(up, { t: 'kill' }, 1, random)
    strictEqual(falling.phase, 'fall')
    strictEqual(multirotorFix(falling).status, 'Emergency')
    const down = fly(falling, { t: 'hold' }, state => state.phase === 'ground', { limitS: 10 })
    strictEqual(down.position.upM, 0)
    strictEqual(multirotorFix(down).status, 'Ground')
    strictEqual(down.energyWh, falling.energyWh)
    const order = { t: 'goto', to: at(0, 0, 60), speedMps: 10 } as const
    deepStrictEqual(stepMultirotor(chargeMultirotor(down, 1), order, 5, random).position, down.position)
    const parked = stepMultirotor(createMultirotor(DELIVERY_MULTIROTOR, HOME), { t: 'kill' }, 1, random)
    strictEqual(stepMultirotor(parked, order, 5, random).phase, 'ground')
  })

  it('uses more energy the faster and the higher it goes', () => {
    const used = (speedMps: number, upM: number): number => {
      const end = fly(
        createMultirotor(DELIVERY_MULTIROTOR, HOME),
        { t: 'goto', to: at(1_000, 0, upM), speedMps },
        inPhase('hover'),
      )
      return end.spec.battery.capacityWh - end.energyWh
    }
    ok(used(12, 200) > used(12, 60))
    const hoverOnlyWh = (time: number): number => (600 * time) / 3600
    ok(used(20, 60) > hoverOnlyWh(1_000 / 20))
  })

  it('repeats exactly with the same seed, and hardly depends on the step', () => {
    const run = (dtS: number, seed: number, spec: MultirotorSpec): MultirotorState => {
      const random = createRandom(seed)
      let state = createMultirotor(spec, HOME)
      for (let i = 0; i < Math.round(60 / dtS); i++)
        state = stepMultirotor(
          state,
          i === 0 ? { t: 'goto', to: at(900, 0, 60), speedMps: 12 } : null,
          dtS,
          random,
        )
      return state
    }
    deepStrictEqual(run(0.1, 7, windy(3, 2)), run(0.1, 7, windy(3, 2)))
    ok(run(0.1, 7, windy(3, 2)).position.eastM !== run(0.1, 8, windy(3, 2)).position.eastM)
    const [coarse, fine] = [run(1, 1, DELIVERY_MULTIROTOR), run(0.02, 1, DELIVERY_MULTIROTOR)]
    ok(Math.abs(coarse.position.eastM - fine.position.eastM) < 3)
  })

  it('refuses a step that is no step', () => {
    for (const dtS of [-1, Number.NaN, 61])
      throws(
        () => stepMultirotor(createMultirotor(DELIVERY_MULTIROTOR, HOME), null, dtS, createRandom(1)),
        RangeError,
      )
  })
})

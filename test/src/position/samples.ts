import fc from 'fast-check'
import {
  INTENT_STATES,
  POSITION_STATUSES,
  type Position,
  type VehicleFix,
} from '../../../src/position/position.ts'
import { HLC_MAX, hlcOfMs } from '../../../src/time/hlc.ts'

/** 2026-06-01T00:00:00Z: what the tests call now. */
export const T0_MS = 1_780_272_000_000

/** Above Zurich main station, hovering. */
export const HOVER: VehicleFix = {
  latE7: 473_779_000,
  lonE7: 85_403_000,
  altMm: 500_000,
  heightDm: 500,
  vnCms: 0,
  veCms: 0,
  vdCms: 0,
  headingCdeg: 9_000,
  accHDm: 10,
  accVDm: 20,
  status: 'Airborne',
  batteryPct: 80,
}

export const fixWith = (changes: Partial<VehicleFix> = {}): VehicleFix => ({ ...HOVER, ...changes })

export const positionWith = (changes: Partial<Position> = {}): Position => ({
  ...HOVER,
  agent: 'a',
  boot: 1,
  seq: 1,
  hlc: hlcOfMs(T0_MS),
  validMs: 3_000,
  intent: null,
  tokens: [],
  ...changes,
})

/** Like `fc.record`, but with the prototype that objects of the code have: deep equality looks at it. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true })

/** Speeds of what flies here, cm/s. */
export const anyVelocity = record({
  vnCms: fc.integer({ min: -2_500, max: 2_500 }),
  veCms: fc.integer({ min: -2_500, max: 2_500 }),
  vdCms: fc.integer({ min: -800, max: 800 }),
})

/** Places where drones fly, the date line and 64 degrees north among them. */
export const anyPlace = fc.oneof(
  record({
    latE7: fc.integer({ min: -700_000_000, max: 700_000_000 }),
    lonE7: fc.integer({ min: -1_800_000_000, max: 1_799_999_999 }),
    altMm: fc.integer({ min: -400_000, max: 5_000_000 }),
  }),
  record({
    latE7: fc.integer({ min: -200_000_000, max: -150_000_000 }),
    lonE7: fc.constantFrom(1_799_999_999, -1_800_000_000, 1_799_990_000, -1_799_990_000),
    altMm: fc.constant(100_000),
  }),
  record({
    latE7: fc.integer({ min: 639_000_000, max: 642_000_000 }),
    lonE7: fc.integer({ min: -220_000_000, max: -219_000_000 }),
    altMm: fc.constant(120_000),
  }),
)

const i16 = (min = -32_768): fc.Arbitrary<number> => fc.integer({ min, max: 32_767 })
const unknownOr = (max: number): fc.Arbitrary<number | null> =>
  fc.oneof(fc.constantFrom(null, 0, max), fc.integer({ min: 0, max }))

/** Every report that the wire can carry, its extremes and unknowns often. */
export const anyWirePosition: fc.Arbitrary<Omit<Position, 'agent'>> = record({
  latE7: fc.oneof(
    fc.constantFrom(-900_000_000, 900_000_000),
    fc.integer({ min: -900_000_000, max: 900_000_000 }),
  ),
  lonE7: fc.oneof(
    fc.constantFrom(-1_800_000_000, 1_800_000_000),
    fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }),
  ),
  altMm: fc.oneof(fc.constantFrom(-1_000_000, 30_000_000), fc.integer({ min: -1_000_000, max: 30_000_000 })),
  heightDm: fc.oneof(fc.constantFrom(null, -32_767, 32_767), i16(-32_767)),
  vnCms: fc.oneof(fc.constantFrom(-32_768, 32_767), i16()),
  veCms: i16(),
  vdCms: i16(),
  headingCdeg: unknownOr(35_999),
  accHDm: unknownOr(65_534),
  accVDm: unknownOr(65_534),
  status: fc.constantFrom(...POSITION_STATUSES),
  batteryPct: unknownOr(100),
  boot: fc.integer({ min: 0, max: 0xffff_ffff }),
  seq: fc.integer({ min: 0, max: 0xffff_ffff }),
  hlc: fc.oneof(fc.constantFrom(0, HLC_MAX), fc.integer({ min: 0, max: HLC_MAX })),
  validMs: fc.integer({ min: 1, max: 255 }).map(tenths => tenths * 100),
  intent: fc.option(
    record({
      id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      state: fc.constantFrom(...INTENT_STATES),
    }),
  ),
  tokens: fc.array(fc.oneof(fc.constant(HLC_MAX), fc.integer({ min: 0, max: HLC_MAX })), { maxLength: 3 }),
})

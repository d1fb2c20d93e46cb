import { z } from 'zod'
import { POSITION_STATUSES } from '../../../src/position/position.ts'
import { batteryPct, latDeg, lngDeg } from './common.ts'
import { apiSchemas } from './registry.ts'

/** Speeds above this are a mistake of units (cm/s, km/h), not a drone. */
const SPEED_MAX_MPS = 320
const speedMps = z.number().min(-SPEED_MAX_MPS).max(SPEED_MAX_MPS)

/** Metres, and from where they are counted. */
export const altitude = z.strictObject({
  value: z.number().min(-1_000).max(100_000),
  reference: z
    .enum(['W84', 'AMSL', 'AGL', 'HOME'])
    .describe('W84, or AMSL where the node has a geoid offset; AGL and HOME are refused'),
  units: z.literal('M'),
})

/** Where the vehicle says it is, in the units people use. */
export const positionReport = z
  .strictObject({
    latDeg,
    lngDeg,
    altitude,
    heightM: z.number().min(-1_000).max(3_000).nullish().describe('Above take-off or ground, metres'),
    velocityMps: z.strictObject({ north: speedMps, east: speedMps, up: speedMps }),
    headingDeg: z.number().min(0).max(360).nullish().describe('Where the nose points, degrees from north'),
    accuracyM: z
      .strictObject({ horizontal: z.number().min(0).max(6_000), vertical: z.number().min(0).max(6_000) })
      .nullish()
      .describe('95 % errors, metres'),
    status: z.enum(POSITION_STATUSES).default('Undeclared'),
    batteryPct: batteryPct.nullish(),
  })
  .register(apiSchemas, { id: 'PositionReport' })

/** What a program sends. */
export type PositionReport = z.input<typeof positionReport>
/** What has passed the schema. */
export type ValidPositionReport = z.output<typeof positionReport>

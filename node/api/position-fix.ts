import type { VehicleFix } from '../../src/position/position.ts'
import { ApiProblem } from './problem.ts'
import type { ValidPositionReport } from './schema/position.ts'

const FULL_CIRCLE_CDEG = 36_000

/**
 * A report in the units people use as the core's integers.
 * Throws ApiProblem (422) for an altitude that cannot be turned into one above the ellipsoid.
 */
export function fixOfReport(report: ValidPositionReport, geoidOffsetM: number | undefined): VehicleFix {
  const { velocityMps, heightM, headingDeg, accuracyM } = report
  return {
    latE7: Math.round(report.latDeg * 1e7),
    lonE7: Math.round(report.lngDeg * 1e7),
    altMm: Math.round(ellipsoidHeightM(report.altitude, geoidOffsetM) * 1_000),
    heightDm: heightM == null ? null : Math.round(heightM * 10),
    vnCms: Math.round(velocityMps.north * 100),
    veCms: Math.round(velocityMps.east * 100),
    // Subtracted, not negated: there is no minus zero on the wire.
    vdCms: 0 - Math.round(velocityMps.up * 100),
    headingCdeg: headingDeg == null ? null : Math.round(headingDeg * 100) % FULL_CIRCLE_CDEG,
    // Rounded up: an error bound must not shrink.
    accHDm: accuracyM == null ? null : Math.ceil(accuracyM.horizontal * 10),
    accVDm: accuracyM == null ? null : Math.ceil(accuracyM.vertical * 10),
    status: report.status,
    batteryPct: report.batteryPct == null ? null : Math.round(report.batteryPct),
  }
}

/** Throws ApiProblem (422) for an altitude that can't be turned into one above the ellipsoid. */
export function ellipsoidHeightM(
  altitude: ValidPositionReport['altitude'],
  geoidOffsetM: number | undefined,
): number {
  if (altitude.reference === 'W84') return altitude.value
  if (altitude.reference === 'AMSL' && geoidOffsetM !== undefined) return altitude.value + geoidOffsetM
  throw new ApiProblem({
    code: 'altitude-reference',
    status: 422,
    detail: `The altitude is counted from ${altitude.reference}; this node needs it above the WGS84 ellipsoid (W84).`,
    hint:
      altitude.reference === 'AMSL'
        ? 'Send W84, or configure the geoid offset of the place where the vehicle flies.'
        : 'Send W84. Give the height above ground or take-off as heightM beside it.',
    errors: [{ path: 'altitude.reference', message: 'cannot be converted to W84 here' }],
  })
}

import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict'
import { tlogTracks } from '../../../../node/vehicles/tracks/tlog.ts'
import { encodeMavlink, type MavlinkMessage } from '../../../../protocols/mavlink/index.ts'

const START_US = 1_700_000_000_000_000n
const HERE = { geoidUndulationM: 19 }

const record = (arrivalMs: number, message: MavlinkMessage, systemId = 1): Uint8Array => {
  const frame = encodeMavlink(message, { systemId, componentId: 1, sequence: 0 })
  const bytes = new Uint8Array(8 + frame.length)
  new DataView(bytes.buffer).setBigUint64(0, START_US + BigInt(arrivalMs) * 1000n)
  bytes.set(frame, 8)
  return bytes
}
const at = (timeBootMs: number, latE7 = -353_630_000, lonE7 = 1_491_650_000): MavlinkMessage => ({
  name: 'GLOBAL_POSITION_INT',
  fields: {
    timeBootMs,
    latE7,
    lonE7,
    altAmslMm: 584_000,
    altHomeMm: 10_000,
    vNorthMps: 1.5,
    vEastMps: -2,
    vDownMps: 0.25,
    headingDeg: 359.99,
  },
})
const heartbeat = (systemStatus: number, autopilot = 3): MavlinkMessage => ({
  name: 'HEARTBEAT',
  fields: { customMode: 0, type: 2, autopilot, baseMode: 0, systemStatus, mavlinkVersion: 3 },
})
const log = (...records: Uint8Array[]): Uint8Array => Uint8Array.from(records.flatMap(r => [...r]))

describe('node/vehicles/tracks/tlog', () => {
  it('reads position, velocity, heading and status, above the ellipsoid', () => {
    const { tracks, warnings } = tlogTracks(
      log(record(0, heartbeat(4)), record(5, at(1_000))),
      'a.tlog',
      HERE,
    )
    deepStrictEqual(warnings, [])
    deepStrictEqual(tracks, [
      {
        name: 'system 1',
        points: [
          {
            tMs: 0,
            latE7: -353_630_000,
            lonE7: 1_491_650_000,
            altMm: 603_000,
            heightDm: 100,
            velocityCms: { north: 150, east: -200, down: 25 },
            headingCdeg: 35_999,
            status: 'Airborne',
            batteryPct: null,
          },
        ],
      },
    ])
  })

  it('takes the time of the vehicle, not of a radio that delivers in bursts and out of order', () => {
    const bytes = log(
      record(0, at(1_000)),
      record(1_400, at(1_800)),
      record(1_401, at(1_400)),
      record(1_402, at(1_800)),
    )
    deepStrictEqual(
      tlogTracks(bytes, 'a.tlog', HERE).tracks[0].points.map(p => p.tMs),
      [0, 400, 800],
    )
  })

  it('goes on in time when the autopilot was restarted', () => {
    const bytes = log(record(0, at(600_000)), record(30_000, at(5_000)), record(31_000, at(6_000)))
    deepStrictEqual(
      tlogTracks(bytes, 'a.tlog', HERE).tracks[0].points.map(p => p.tMs),
      [0, 30_000, 31_000],
    )
  })

  it('leaves out positions at 0/0 and says how many', () => {
    const { tracks, warnings } = tlogTracks(
      log(record(0, at(900, 0, 0)), record(5, at(1_000))),
      'a.tlog',
      HERE,
    )
    strictEqual(tracks[0].points.length, 1)
    deepStrictEqual(warnings, ['a.tlog: 1 positions at 0/0 left out; the vehicle had no fix yet'])
  })

  it('keeps several vehicles apart, and a ground station out', () => {
    const bytes = log(
      record(0, at(1), 9),
      record(1, at(1), 2),
      record(2, heartbeat(4, 8), 255),
      record(3, at(2), 9),
    )
    deepStrictEqual(
      tlogTracks(bytes, 'a.tlog', HERE).tracks.map(t => [t.name, t.points.length]),
      [
        ['system 2', 1],
        ['system 9', 2],
      ],
    )
  })

  it('learns the height of the sea from a receiver that tells both heights', () => {
    const gps: MavlinkMessage = {
      name: 'GPS_RAW_INT',
      fields: {
        timeUs: 0n,
        latE7: 1,
        lonE7: 1,
        altAmslMm: 584_000,
        altW84Mm: 603_400,
        hdop: null,
        vdop: null,
        groundSpeedMps: null,
        courseDeg: null,
        fixType: 3,
        satellites: 9,
      },
    }
    const bytes = log(record(0, gps), record(1, at(1)))
    const { tracks, warnings } = tlogTracks(bytes, 'a.tlog', { geoidUndulationM: null })
    deepStrictEqual([tracks[0].points[0].altMm, warnings], [603_400, []])
    const assumed = tlogTracks(log(record(1, at(1))), 'a.tlog', { geoidUndulationM: null })
    strictEqual(assumed.tracks[0].points[0].altMm, 584_000)
    ok(assumed.warnings[0]?.includes('Set vehicle.geoidUndulationM'))
  })

  it('flies a log cut short as far as it goes, and says where it was cut', () => {
    const whole = log(record(0, at(1_000)), record(100, at(1_100)))
    const last = record(200, at(1_200))
    for (let cut = 1; cut < last.length; cut++) {
      const { tracks, warnings } = tlogTracks(log(whole, last.subarray(0, cut)), 'a.tlog', HERE)
      strictEqual(tracks[0].points.length, 2)
      deepStrictEqual(warnings, [
        `a.tlog: cut off in the record at byte ${whole.length}; everything before it is flown, ${cut} bytes are left out`,
      ])
    }
  })

  it('refuses a file without a flight', () => {
    throws(() => tlogTracks(new Uint8Array(100), 'a.tlog', HERE), {
      name: 'TrackFileError',
      code: 'no-track',
    })
    throws(() => tlogTracks(log(record(0, heartbeat(4))), 'a.tlog', HERE), { code: 'no-track' })
  })
})

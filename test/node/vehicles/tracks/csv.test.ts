import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { csvTracks } from '../../../../node/vehicles/tracks/csv.ts'
import { TrackFileError } from '../../../../node/vehicles/tracks/track-file.ts'

const UNKNOWN = { geoidUndulationM: null }
const refusal = (text: string): string => {
  try {
    csvTracks(text, 'a.csv', UNKNOWN)
  } catch (error) {
    ok(error instanceof TrackFileError)
    return `${error.code}: ${error.message}`
  }
  throw new Error('was not refused')
}

describe('node/vehicles/tracks/csv', () => {
  it('reads columns in any order, several flights, and leaves out comments and what it does not know', () => {
    const { tracks, warnings } = csvTracks(
      [
        '# made by hand',
        'track,lat_deg,lon_deg,time_s,alt_w84_m,heading_deg,battery_pct,colour,v_north_mps,v_east_mps',
        'a,47.37,8.54,100,500.5,359.99,80,red,1.5,-2',
        'b,47.38,8.55,7,510,,,,,',
        '',
        'a,47.371,8.54,100.25,501,360,79.6,red,1.5,-2\r',
      ].join('\n'),
      'a.csv',
      UNKNOWN,
    )
    deepStrictEqual(warnings, [])
    deepStrictEqual(
      tracks.map(t => [t.name, t.points.length]),
      [
        ['a', 2],
        ['b', 1],
      ],
    )
    deepStrictEqual(tracks[0].points[1], {
      tMs: 250,
      latE7: 473_710_000,
      lonE7: 85_400_000,
      altMm: 501_000,
      heightDm: null,
      velocityCms: { north: 150, east: -200, down: 0 },
      headingCdeg: 0,
      status: 'Airborne',
      batteryPct: 80,
    })
    deepStrictEqual(tracks[1]?.points[0].velocityCms, null)
  })

  it('converts heights above the sea, and says so when it cannot', () => {
    const text = 'time_s,lat_deg,lon_deg,alt_amsl_m\n0,47,8,450\n1,47,8,450'
    strictEqual(csvTracks(text, 'a.csv', { geoidUndulationM: 47.4 }).tracks[0].points[0].altMm, 497_400)
    const { tracks, warnings } = csvTracks(text, 'a.csv', UNKNOWN)
    strictEqual(tracks[0].points[0].altMm, 450_000)
    ok(warnings[0]?.includes('mean sea level'))
  })

  it('refuses a bad table with the line and the column', () => {
    const head = 'time_s,lat_deg,lon_deg,alt_w84_m'
    strictEqual(
      refusal('time,lat,lon\n1,2,3'),
      'bad-line: a.csv:1: the first line must name the columns time_s, lat_deg, lon_deg and alt_w84_m or alt_amsl_m; it names: time, lat, lon',
    )
    ok(refusal('').includes('it names: nothing'))
    strictEqual(
      refusal(`${head}\n0,47,8,1\n1,97,8,1`),
      'bad-line: a.csv:3: lat_deg is "97"; it takes -90 to 90',
    )
    strictEqual(refusal(`${head}\n0,x,8,1`), 'bad-line: a.csv:2: lat_deg is "x"; it takes -90 to 90')
    strictEqual(
      refusal(`${head}\n0,47,8`),
      'bad-line: a.csv:2: alt_w84_m is missing; it takes -1000 to 100000',
    )
    strictEqual(refusal(`${head}\n5,47,8,1\n5,47,8,1`), 'bad-line: a.csv:3: time_s does not rise')
    ok(refusal(`${head},status\n0,47,8,1,Flying`).includes('status is "Flying"; it takes Undeclared, Ground'))
    strictEqual(refusal(head), 'no-track: a.csv: holds no line with a position')
  })
})

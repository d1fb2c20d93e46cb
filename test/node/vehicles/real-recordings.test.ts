import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ReplayVehicle } from '../../../node/vehicles/replay.ts'
import { readTrackFile } from '../../../node/vehicles/tracks/read.ts'
import { distanceM } from '../../../src/geo/wgs84.ts'
import { checkFix, type TakenFix } from '../../../src/vehicle/fix-check.ts'
import { type Track, trackAt, trackDurationMs } from '../../../src/vehicle/track.ts'

const FLIGHTS = fileURLToPath(new URL('../../../../shared/data/flights/', import.meta.url))

interface Recording {
  readonly file: string
  readonly geoidUndulationM: number
  readonly tracks: readonly (readonly [name: string, durationS: number, speedMaxMps: number])[]
  /** Where it was flown: south, west, north, east in degrees. */
  readonly box: readonly [number, number, number, number]
  readonly climbMaxMps: number
}

const RECORDINGS: readonly Recording[] = [
  {
    file: 'vtol.tlog',
    geoidUndulationM: 19,
    tracks: [['system 1', 208, 28]],
    box: [-35.37, 149.16, -35.35, 149.17],
    climbMaxMps: 12,
  },
  {
    file: 'zurich.kml',
    geoidUndulationM: 47.4,
    tracks: [
      ['train tracks', 286, 30.5],
      ['ETA', 123, 60.5],
    ],
    box: [47.36, 8.48, 47.4, 8.56],
    climbMaxMps: 5.1,
  },
  {
    file: 'washington.kml',
    geoidUndulationM: -33,
    tracks: [
      ['test_flight_north', 641, 9.3],
      ['test_flight_tights', 1066, 2.8],
      ['test_flight_zigzagsouth', 917, 8.7],
    ],
    box: [39.06, -77.57, 39.1, -77.55],
    climbMaxMps: 5.1,
  },
]

/** Flies a track at 10 Hz and checks each fix as the node would check a stranger's. */
function assertPlausible(track: Track, { box, climbMaxMps }: Recording, speedMaxMps: number): void {
  const [south, west, north, east] = box
  let previous: TakenFix | null = null
  for (let tMs = 0; tMs <= trackDurationMs(track) + 1_000; tMs += 100) {
    const fix = trackAt(track, tMs)
    const now = { monoUs: tMs * 1000, wallMs: tMs }
    strictEqual(checkFix(fix, null, previous, now)?.message, undefined)
    ok(
      fix.latE7 >= south * 1e7 &&
        fix.latE7 <= north * 1e7 &&
        fix.lonE7 >= west * 1e7 &&
        fix.lonE7 <= east * 1e7,
    )
    ok(Math.hypot(fix.vnCms, fix.veCms) / 100 <= speedMaxMps, `${tMs} ms: ${fix.vnCms}, ${fix.veCms} cm/s`)
    ok(Math.abs(fix.vdCms) / 100 <= climbMaxMps, `${tMs} ms: ${fix.vdCms} cm/s`)
    if (previous) {
      const last: TakenFix['fix'] = previous.fix
      const movedM = distanceM(last.latE7, last.lonE7, fix.latE7, fix.lonE7)
      ok(movedM <= (speedMaxMps + 2) * 0.1, `${tMs} ms: ${movedM} m in 0.1 s`)
    }
    previous = { fix, monoUs: now.monoUs }
  }
}

describe('node/vehicles: replay of real recordings', () => {
  const missing = RECORDINGS.filter(({ file }) => !existsSync(join(FLIGHTS, file)))
  if (missing.length > 0)
    console.log(`  not run: ../shared/data/flights lacks ${missing.map(m => m.file).join(', ')}`)

  for (const recording of RECORDINGS.filter(r => !missing.includes(r))) {
    const { file, geoidUndulationM } = recording
    it(`flies ${file}: every track whole, in place, at speeds that are possible`, async () => {
      const { tracks, warnings } = await readTrackFile(join(FLIGHTS, file), { geoidUndulationM })
      deepStrictEqual(warnings, [])
      deepStrictEqual(
        tracks.map(track => [track.name, Math.round(trackDurationMs(track) / 1000)]),
        recording.tracks.map(([name, durationS]) => [name, durationS]),
      )
      tracks.forEach((track, i) => {
        ok(track.points.every((point, j) => point.tMs > (track.points[j - 1]?.tMs ?? -1)))
        assertPlausible(track, recording, recording.tracks[i]?.[2] ?? 0)
      })
    })

    it(`replays ${file} as a vehicle`, async () => {
      const link = new ReplayVehicle({ file: join(FLIGHTS, file), geoidUndulationM, speed: 5, hz: 50 })
      const seen = Promise.withResolvers<void>()
      let count = 0
      await link.start(() => {
        if (++count === 10) seen.resolve()
      }, new AbortController().signal)
      await seen.promise
      strictEqual(link.phase(), 'replaying')
      await link.stop()
    })
  }

  if (!missing.some(m => m.file === 'vtol.tlog'))
    it('flies vtol.tlog cut off in the middle, and says at which byte', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'skein-tlog-'))
      const bytes = await readFile(join(FLIGHTS, 'vtol.tlog'))
      await writeFile(join(dir, 'cut.tlog'), bytes.subarray(0, 500_000))
      const warnings: string[] = []
      const link = new ReplayVehicle({
        file: join(dir, 'cut.tlog'),
        geoidUndulationM: 19,
        onWarning: message => warnings.push(message),
      })
      await link.start(() => {}, new AbortController().signal)
      await link.stop()
      await rm(dir, { recursive: true })
      strictEqual(warnings.length, 1)
      ok(
        /cut off in the record at byte 4999\d\d; everything before it is flown, \d+ bytes/.test(
          warnings[0] ?? '',
        ),
      )
    })
})

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
// The recordings are read by the product's own readers, so that what is measured is what a replay would fly.
import { readTrackFile } from '../../node/vehicles/tracks/read.ts'
import { DEFAULT_AGENT_CONFIG } from '../../src/agent/config.ts'
import type { Track } from '../../src/vehicle/track.ts'
import { deadReckoning, everyFix, type Flown, fly, together } from './reckoning/replay.ts'
import { type BenchOptions, type BenchResult, type BenchRow, percentile } from './result.ts'

const FLIGHTS = fileURLToPath(new URL('../../../shared/data/flights', import.meta.url))
const FILES = ['vtol.tlog', 'zurich.kml', 'washington.kml']
const BOUNDS_MM = [100, 250, 500, 1_000, 2_000, 5_000]
const RULE = DEFAULT_AGENT_CONFIG.position
const REACH = { sharePct: 40, p99M: 1 }

interface Recording {
  readonly file: string
  readonly tracks: readonly Track[]
}

/** G3: what dead reckoning saves on recorded flights against a report at every fix, and what it costs in error. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const recordings = await read(log)
  if (recordings.length === 0) return nothingToFly()
  const rows: BenchRow[] = []
  const fixed: Flown[] = []
  const ours: Flown[] = []
  for (const { file, tracks } of recordings) {
    const ofFile = tracks.map(track => [fly(track, everyFix), fly(track, deadReckoning(RULE))] as const)
    fixed.push(...ofFile.map(([one]) => one))
    ours.push(...ofFile.map(([, one]) => one))
    rows.push(...rowsOf(file, together(ofFile.map(([a]) => a)), together(ofFile.map(([, b]) => b))))
  }
  const [allFixed, allOurs] = [together(fixed), together(ours)]
  rows.push(...rowsOf('all flights', allFixed, allOurs))
  const tracks = recordings.flatMap(recording => recording.tracks)
  for (const errorBoundMm of quick ? [] : BOUNDS_MM) {
    const flown = together(tracks.map(track => fly(track, deadReckoning({ ...RULE, errorBoundMm }))))
    const name = `bound ${errorBoundMm / 1000} m`
    rows.push(
      { name: `${name}: bytes of fixed 10 Hz`, value: sharePct(flown, allFixed), unit: '%' },
      { name: `${name}: error p99`, value: errorM(flown, 0.99), unit: 'm' },
    )
  }
  const [share, p99] = [sharePct(allOurs, allFixed), errorM(allOurs, 0.99)]
  const reached = share <= REACH.sharePct && p99 <= REACH.p99M
  return {
    goal: 'g3',
    title: `Dead reckoning on ${tracks.length} recorded flights, ${Math.round(allOurs.seconds / 60)} minutes, against a report at each of ten fixes a second`,
    rows,
    ratio: allFixed.bytes / allOurs.bytes,
    verdict: `${reached ? 'reached' : 'missed'}: ${share.toFixed(1)} % of the bytes (40, aim 15), error p99 ${p99.toFixed(2)} m (1) at a bound of ${RULE.errorBoundMm / 1000} m`,
  }
}

async function read(log: (line: string) => void): Promise<readonly Recording[]> {
  const recordings: Recording[] = []
  for (const file of FILES) {
    const path = `${FLIGHTS}/${file}`
    if (!existsSync(path)) {
      log(`g3: left out ${file}: it is not in ../shared/data/flights beside this checkout`)
      continue
    }
    // Errors are differences of heights: where these count from is all the same.
    const { tracks } = await readTrackFile(path, { geoidUndulationM: 0 })
    recordings.push({ file, tracks })
  }
  return recordings
}

function rowsOf(name: string, fixed: Flown, ours: Flown): readonly BenchRow[] {
  return [
    { name: `${name}: fixed 10 Hz`, value: fixed.bytes / fixed.seconds, unit: 'B/s' },
    { name: `${name}: dead reckoning`, value: ours.bytes / ours.seconds, unit: 'B/s' },
    { name: `${name}: reports`, value: ours.reports / ours.seconds, unit: '/s' },
    { name: `${name}: share of the bytes`, value: sharePct(ours, fixed), unit: '%' },
    { name: `${name}: error p50`, value: errorM(ours, 0.5), unit: 'm' },
    { name: `${name}: error p99`, value: errorM(ours, 0.99), unit: 'm' },
    { name: `${name}: error max`, value: errorM(ours, 1), unit: 'm' },
    { name: `${name}: error p99 at fixed 10 Hz`, value: errorM(fixed, 0.99), unit: 'm' },
    { name: `${name}: error max at fixed 10 Hz`, value: errorM(fixed, 1), unit: 'm' },
  ]
}

const sharePct = (ours: Flown, fixed: Flown): number => (100 * ours.bytes) / fixed.bytes

const errorM = (flown: Flown, p: number): number => percentile(flown.errorsMm, p) / 1000

const nothingToFly = (): BenchResult => ({
  goal: 'g3',
  title: 'Dead reckoning on recorded flights',
  rows: [],
  verdict: 'not measured: no recorded flight in ../shared/data/flights beside this checkout',
})

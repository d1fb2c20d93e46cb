import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { kmlTracks } from '../../../../node/vehicles/tracks/kml.ts'
import { TrackFileError } from '../../../../node/vehicles/tracks/track-file.ts'
import { trackAt, trackDurationMs } from '../../../../src/vehicle/track.ts'

const DRAWING = readFileSync(new URL('../fixtures/drawing.kml', import.meta.url), 'utf8')
const ZURICH = { geoidUndulationM: 47.4 }

const kml = (line: string): string => `<kml><Placemark><name>p</name>${line}</Placemark></kml>`
const refusal = (text: string): string => {
  try {
    kmlTracks(text, 'a.kml', ZURICH)
  } catch (error) {
    ok(error instanceof TrackFileError)
    return `${error.code}: ${error.message}`
  }
  throw new Error('was not refused')
}

describe('node/vehicles/tracks/kml', () => {
  const { tracks, warnings } = kmlTracks(DRAWING, 'drawing.kml', ZURICH)
  const [shaped, plain] = tracks

  it('finds every flight, named by its folder, else by its path', () => {
    deepStrictEqual(
      tracks.map(t => t.name),
      ['shaped & zoned', 'plain line'],
    )
  })

  it('takes speed and altitude from the areas: the value inside, a blend between', () => {
    const fix = trackAt(shaped, 20_000)
    ok(Math.abs(fix.vnCms - 1_250) < 5)
    strictEqual(shaped.points[0].altMm, 467_400)
    strictEqual(shaped.points.at(-1)?.altMm, 567_400)
    // Halfway, both areas are equally far.
    const half = trackAt(shaped, trackDurationMs(shaped) / 2)
    ok(Math.abs(half.altMm - 517_400) < 3_000, `${half.altMm}`)
    ok(Math.abs((half.heightDm ?? 0) - 500) < 30)
  })

  it('climbs at most 5 m/s, whatever is drawn', () => {
    for (let tMs = 0; tMs < trackDurationMs(shaped); tMs += 250)
      ok(Math.abs(trackAt(shaped, tMs).vdCms) <= 505)
  })

  it('takes the altitudes of the path where no area gives one, and says which speed it assumed', () => {
    ok(plain)
    deepStrictEqual([plain.points[0].altMm, plain.points.at(-1)?.altMm], [497_400, 507_400])
    ok(Math.abs(trackAt(plain, 3_000).veCms - 1_000) < 5)
    deepStrictEqual(warnings, [
      'drawing.kml: the flight "plain line" has no speeds; flown at 10 m/s. Draw "speed: NAME (12.5)" around it',
    ])
  })

  it('says aloud that it does not know the sea level', () => {
    const unknown = kmlTracks(DRAWING, 'drawing.kml', { geoidUndulationM: null })
    ok(unknown.warnings.some(w => w.includes('geoidUndulationM')))
    strictEqual(unknown.tracks[0].points[0].altMm, 420_000)
  })

  it('refuses what it cannot fly, and says what to do', () => {
    ok(refusal('<kml><Document>').startsWith('bad-xml: a.kml:1: is no well-formed XML'))
    ok(refusal('').startsWith('bad-xml'))
    strictEqual(
      refusal('<kml><Document/></kml>'),
      'no-track: a.kml: holds no LineString, so no flight; draw the flight as a path (in Google Earth: Add > Path)',
    )
    const flat = '<LineString><coordinates>8,47,0 8.1,47,0</coordinates></LineString>'
    strictEqual(
      refusal(kml(flat)),
      'no-altitude: a.kml: the flight "p" has no altitudes; draw polygons "alt: NAME" with absolute altitudes around it, or give its path absolute altitudes',
    )
    const above = flat
      .replace('<coord', '<altitudeMode>relativeToGround</altitudeMode><coord')
      .replaceAll(',0', ',9')
    ok(refusal(kml(above)).includes('heights above ground, and the ground is not known here'))
    strictEqual(
      refusal(kml('<LineString><coordinates>8,47,9 847,8,9</coordinates></LineString>')),
      'bad-line: a.kml: "p" has the coordinates "847,8,9"; they must be longitude,latitude,altitude in degrees and metres, -1000 to 100000 m',
    )
    ok(
      refusal(kml('<LineString><coordinates>8,47,9 -170,-47,9</coordinates></LineString>')).startsWith(
        'too-long',
      ),
    )
  })

  it('refuses what only the parser finds wrong, and heights beyond all flight', () => {
    ok(refusal('<kml></kml><?never closed').startsWith('bad-xml: a.kml: is no well-formed XML'))
    ok(refusal(`<kml>${'<Folder>'.repeat(9_999)}${'</Folder>'.repeat(9_999)}</kml>`).startsWith('bad-xml'))
    for (const height of ['9007199254740993', '-1001', '1e999'])
      ok(
        refusal(
          kml(`<LineString><coordinates>8,47,9 8,47.0001,${height}</coordinates></LineString>`),
        ).startsWith('bad-line'),
      )
  })
})

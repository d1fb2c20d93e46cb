import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Track } from '../../../src/vehicle/track.ts'
import { csvTracks } from './csv.ts'
import { kmlTracks } from './kml.ts'
import { tlogTracks } from './tlog.ts'
import { type TrackFile, TrackFileError, type TrackOptions } from './track-file.ts'

/**
 * Reads the flights of a `.tlog`, `.kml` or `.csv` file. Throws TrackFileError; what could be read of a damaged .tlog is
 * returned, with warnings.
 */
export async function readTrackFile(
  file: string,
  options: TrackOptions,
  signal?: AbortSignal,
): Promise<TrackFile> {
  const extension = extname(file).toLowerCase()
  if (!['.tlog', '.kml', '.csv'].includes(extension))
    throw new TrackFileError(
      'unknown-format',
      file,
      null,
      'is not a recording that can be replayed; give a MAVLink .tlog, a .kml or a .csv',
    )
  const bytes = await readFile(file, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    throw new TrackFileError(
      'unreadable',
      file,
      null,
      `cannot be read (${why}); check the path and its permissions`,
      {
        cause: error,
      },
    )
  })
  if (extension === '.tlog') return tlogTracks(bytes, file, options)
  const text = new TextDecoder().decode(bytes)
  return extension === '.kml' ? kmlTracks(text, file, options) : csvTracks(text, file, options)
}

/** The track with this name, else with this number counted from 0; the first one if none is asked for. */
export function chooseTrack({ tracks }: TrackFile, which: string | null, file: string): Track {
  if (which === null) return tracks[0]
  const found =
    tracks.find(track => track.name === which) ?? (/^\d+$/.test(which) ? tracks[Number(which)] : undefined)
  if (found) return found
  const names = tracks.map((track, i) => `${i} "${track.name}"`).join(', ')
  throw new TrackFileError('no-such-track', file, null, `has no track "${which}"; it has ${names}`)
}

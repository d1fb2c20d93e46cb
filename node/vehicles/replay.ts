import type { VehicleFix } from '../../src/position/position.ts'
import { closeTrack, type Track, trackAt, trackDurationMs } from '../../src/vehicle/track.ts'
import type { VehicleLink } from './interface.ts'
import { Ticker } from './ticker.ts'

export interface ReplayOptions {
  /** A MAVLink `.tlog`, a `.kml` or a `.csv`. */
  readonly file: string
  /** Name, or number counted from 0, of a track in a file of several. @default null: the first */
  readonly track?: string | null
  /** Times real time. Velocities are told faster by as much, so that dead reckoning stays right. @default 1 */
  readonly speed?: number
  /** At the end, straight back to the start and on. @default false: stands where the track ends */
  readonly loop?: boolean
  /** Fixes a second. @default 10 */
  readonly hz?: number
  /** See TrackOptions. @default null */
  readonly geoidUndulationM?: number | null
  /** Told what of the file was left out or assumed. */
  readonly onWarning?: (message: string) => void
}

/** Speed of the way back to the start of a looped track. */
const RETURN_MPS = 15

/** A recording, flown again. */
export class ReplayVehicle implements VehicleLink {
  readonly kind = 'replay'
  readonly #options: ReplayOptions
  readonly #speed: number
  readonly #ticker: Ticker
  #track: Track | null = null
  #atMs = 0
  #stopped = false
  #listener: (fix: VehicleFix) => void = () => {}
  #signal: AbortSignal | undefined

  constructor(options: ReplayOptions) {
    this.#options = options
    this.#speed = options.speed ?? 1
    this.#ticker = new Ticker(options.hz ?? 10, elapsedMs => this.#advance(elapsedMs))
  }

  /** Reads the file; rejects with TrackFileError when it cannot be flown. */
  async start(listener: (fix: VehicleFix) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { file, track = null, loop = false, geoidUndulationM = null, onWarning } = this.#options
    // The readers and their XML parser: only who replays loads them.
    const { chooseTrack, readTrackFile } = await import('./tracks/read.ts')
    signal.throwIfAborted()
    const read = await readTrackFile(file, { geoidUndulationM }, signal)
    signal.throwIfAborted()
    if (this.#stopped) return
    for (const warning of read.warnings) onWarning?.(warning)
    const chosen = chooseTrack(read, track, file)
    this.#track = loop ? closeTrack(chosen, RETURN_MPS) : chosen
    this.#listener = listener
    this.#signal = signal
    signal.addEventListener('abort', this.#halt, { once: true })
    this.#advance(0)
    this.#ticker.start()
  }

  phase(): string {
    if (this.#track === null) return 'reading'
    return this.#atMs < trackDurationMs(this.#track) ? 'replaying' : 'finished'
  }

  async stop(): Promise<void> {
    this.#halt()
  }

  readonly #halt = (): void => {
    this.#stopped = true
    this.#ticker.stop()
    this.#signal?.removeEventListener('abort', this.#halt)
  }

  #advance(elapsedMs: number): void {
    if (this.#track === null) return
    this.#atMs += elapsedMs * this.#speed
    const durationMs = trackDurationMs(this.#track)
    if (this.#options.loop && durationMs > 0) this.#atMs %= durationMs
    const fix = trackAt(this.#track, this.#atMs)
    this.#listener({
      ...fix,
      vnCms: Math.round(fix.vnCms * this.#speed) + 0,
      veCms: Math.round(fix.veCms * this.#speed) + 0,
      vdCms: Math.round(fix.vdCms * this.#speed) + 0,
    })
  }
}

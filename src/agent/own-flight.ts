import { distanceM } from '../geo/wgs84.ts'
import type { AirPoint, Situation } from '../policy/rules/situation.ts'
import type { CommandPoint } from '../policy/signed-command.ts'
import type { AgentId, Now } from '../ports.ts'
import type { VehicleFix } from '../position/position.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import type { Sharing } from './sharing.ts'
import type { VehicleFacts } from './vehicle.ts'

/** A fix that is older says nothing of now. */
const FIX_MAX_AGE_US = 3_000_000
/** For wind and manoeuvres. */
const ENERGY_MARGIN = 1.25
/** Climbing or sinking, slowly. */
const VERTICAL_MPS = 2

export interface OwnFlightParts {
  readonly sharing: Sharing
  readonly clock: SwarmClock
  readonly clockBoundMs: number
  readonly vehicle: VehicleFacts | null
}

/** The own vehicle as the rules look at it: what the agent knows of it, and no more. */
export class OwnFlight {
  readonly #parts: OwnFlightParts
  /** Where the vehicle first stood on the ground in this run. */
  #home: CommandPoint | null = null
  readonly #up = new Set<AgentId>()
  /** When the last peer was still there; null = there never was one. */
  #heardUs: number | null = null

  constructor(parts: OwnFlightParts) {
    this.#parts = parts
  }

  fix({ status, latE7, lonE7, altMm }: VehicleFix): void {
    if (status === 'Ground') this.#home ??= { latE7, lonE7, altMm }
  }

  peer(peer: AgentId, up: boolean, now: Now): void {
    if (up) this.#up.add(peer)
    else if (!this.#up.delete(peer)) return
    this.#heardUs = now.monoUs
  }

  /** Where it is, null if that is not known now. */
  place(now: Now): CommandPoint | null {
    return this.#fix(now)
  }

  /** `point`: where a command wants it to go. */
  situation(point: CommandPoint | null, now: Now): Situation {
    const { clock, clockBoundMs } = this.#parts
    const fix = this.#fix(now)
    return {
      status: statusOf(fix),
      own: fix === null ? null : this.airPoint(fix),
      home: this.#home,
      energy: {
        batteryPct: fix?.batteryPct ?? null,
        returnPct: this.#needPct([fix, this.#home]),
        targetPct: point === null ? null : this.#needPct([fix, point, this.#home]),
      },
      // No zone data is loaded, and nothing looks down.
      zones: null,
      peopleBelow: null,
      // Nothing on board steers but the orders themselves.
      avoiding: false,
      linkSilentMs: this.#linkSilentMs(now),
      clock: { wallMs: clock.read(now), errorMs: clock.trusted ? clockBoundMs : null },
    }
  }

  /** A point with the conversions known at it: only the height of home, which is the same everywhere. */
  airPoint({ latE7, lonE7, altMm }: CommandPoint): AirPoint {
    const zeros = this.#home === null ? {} : { HOME: this.#home.altMm }
    return { latE7, lonE7, altitude: { mm: altMm, ref: 'W84' }, zeros }
  }

  #fix({ monoUs }: Now): VehicleFix | null {
    const { latest } = this.#parts.sharing
    return latest === null || monoUs - latest.atUs > FIX_MAX_AGE_US ? null : latest.fix
  }

  /** What a way takes, percent of the capacity; null if one of its points or the endurance is not known. */
  #needPct(way: readonly (CommandPoint | null)[]): number | null {
    const endurance = this.#parts.vehicle?.endurance ?? null
    if (endurance === null) return null
    let seconds = 0
    for (const [i, to] of way.entries()) {
      const from = way[Math.max(0, i - 1)]
      if (to === null || from == null) return null
      const acrossM = distanceM(from.latE7, from.lonE7, to.latE7, to.lonE7)
      seconds += acrossM / endurance.cruiseMps + Math.abs(to.altMm - from.altMm) / 1000 / VERTICAL_MPS
    }
    return Math.ceil(seconds * endurance.drainPctPerS * ENERGY_MARGIN)
  }

  #linkSilentMs({ monoUs }: Now): number | null {
    if (this.#up.size > 0) return 0
    return this.#heardUs === null ? null : (monoUs - this.#heardUs) / 1000
  }
}

function statusOf(fix: VehicleFix | null): Situation['status'] {
  switch (fix?.status) {
    case 'Ground':
      return 'ground'
    case 'Airborne':
    case 'Emergency':
      return 'airborne'
    default:
      return 'unknown'
  }
}

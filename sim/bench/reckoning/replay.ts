import { ed25519Signer, sha256 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { createSealer } from '../../../protocols/position/sealing.ts'
import { DEFAULT_AGENT_CONFIG } from '../../../src/agent/config.ts'
import { cellOf } from '../../../src/geo/cells.ts'
import { reckoningErrorMm } from '../../../src/position/dead-reckoning.ts'
import type { VehicleFix } from '../../../src/position/position.ts'
import { type PublishRule, type Reported, reportDue } from '../../../src/position/publish-rule.ts'
import { type Track, trackAt, trackDurationMs } from '../../../src/vehicle/track.ts'

/** As often as the product's vehicles give a fix. */
const FIX_INTERVAL_MS = 100

/** What a flight costs on the air, and how wrong its neighbours were. */
export interface Flown {
  readonly seconds: number
  readonly reports: number
  readonly bytes: number
  /** At every fix: how far the neighbours' extrapolation of the last report was off, before a new one. Millimetres. */
  readonly errorsMm: readonly number[]
}

/** Whether a fix becomes a report. */
export type Publishes = (last: Reported | null, fix: VehicleFix, nowUs: number) => boolean

export const everyFix: Publishes = () => true

/** The product's rule, for a vehicle that nobody is near. */
export function deadReckoning(rule: PublishRule): Publishes {
  return (last, fix, nowUs) => reportDue(rule, last, fix, nowUs, false, FIX_INTERVAL_MS)
}

/**
 * Flies a track at ten fixes a second. Reports are sealed as the product seals them, key and signature included, so
 * their bytes are those on the air. A report counts for the neighbours from the next fix on: at its own
 * fix they are still as wrong as made it due.
 */
export function fly(track: Track, publishes: Publishes): Flown {
  const signer = ed25519Signer(new Uint8Array(32).fill(7))
  const seal = createSealer('bench', signer, new KeyDirectory(sha256))
  const errorsMm: number[] = []
  const lastMs = trackDurationMs(track)
  let last: Reported | null = null
  let seq = 0
  let bytes = 0
  for (let tMs = 0; tMs < lastMs; tMs += FIX_INTERVAL_MS) {
    const fix = trackAt(track, tMs)
    const nowUs = tMs * 1000
    if (last !== null) errorsMm.push(reckoningErrorMm(last.fix, fix, (nowUs - last.atUs) / 1000))
    if (!publishes(last, fix, nowUs)) continue
    last = { fix, atUs: nowUs }
    const { cellResolution, position } = DEFAULT_AGENT_CONFIG
    const stamped = { agent: 'bench', boot: 1, seq: ++seq, hlc: tMs * 1024, validMs: position.validMs }
    bytes += seal(
      { ...fix, ...stamped, intent: null, tokens: [] },
      cellOf(fix.latE7, fix.lonE7, cellResolution),
    ).bytes.byteLength
  }
  return { seconds: lastMs / 1000, reports: seq, bytes, errorsMm }
}

/** Several flights as one. */
export function together(flights: readonly Flown[]): Flown {
  const sum = (pick: (flown: Flown) => number): number => flights.reduce((all, one) => all + pick(one), 0)
  return {
    seconds: sum(one => one.seconds),
    reports: sum(one => one.reports),
    bytes: sum(one => one.bytes),
    errorsMm: flights.flatMap(one => one.errorsMm),
  }
}

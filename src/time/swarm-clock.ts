import type { AgentId, Now } from '../ports.ts'

/** A wall clock that differs from its own steady course by more has been stepped, not slewed. */
const STEP_MS = 2_000
/** A step that stays this long, with nobody to ask, is believed. */
const STEP_HOLD_US = 5_000_000
/** Other clocks count while they were heard within this time. */
const HEARD_WITHIN_US = 15_000_000
/** Once heard is hearsay. */
const MIN_HEARD = 2
/** Fewer voices than this are no majority. */
const MIN_VOICES = 3
/** Bound of the table of voices; the one heard longest ago goes first. */
const MAX_VOICES = 256

/**
 * What one author's stamps say. Delay only ever makes a clock look behind, so the largest offset of the last one
 * to two windows is the truest (as in NTP's clock filter): a busy node or a slow relay is no bad clock.
 */
interface Voice {
  stampMs: number
  timesHeard: number
  heardUs: number
  windowUs: number
  /** Largest offset in this window, and in the one before. */
  newestMs: number
  beforeMs: number
}

const WINDOW_US = 10_000_000

function listen(voice: Voice, stampMs: number, offsetMs: number, nowUs: number): void {
  voice.stampMs = stampMs
  voice.heardUs = nowUs
  voice.timesHeard++
  if (nowUs - voice.windowUs > WINDOW_US) {
    voice.windowUs = nowUs
    voice.beforeMs = voice.newestMs
    voice.newestMs = offsetMs
  } else voice.newestMs = Math.max(voice.newestMs, offsetMs)
}

/** A change in how this node keeps time, for the log. */
export type ClockEvent =
  | { readonly t: 'stepped'; readonly byMs: number; readonly adopted: boolean }
  | { readonly t: 'trust'; readonly trusted: boolean; readonly offsetMs: number }

/**
 * The time this node lives by. Wall clocks on drones step: GNSS comes in minutes after boot, NTP corrects, a
 * battery-less board starts in 1970. So time runs on from the first reading by the monotonic clock, and a step
 * of the wall clock is only followed when that agrees better with what the others' reports say. The median of
 * the neighbours' stamps is the witness; with too few of them a step that stays is believed.
 *
 * A clock that the witness puts off by more than the bound is not trusted: the node then takes its time from the
 * swarm, so that it still knows how old reports are, says so, and may ask for no reservation.
 */
export class SwarmClock {
  readonly #boundMs: number
  #anchor: Now | null = null
  /** A step not yet believed: when it was first seen, and how far it went. */
  #step: { readonly seenUs: number; readonly byMs: number } | null = null
  #correctionMs = 0
  #offsetMs: number | null = null
  #trusted = true
  #steps = 0
  /** Per author: how far its last stamp was ahead of our steady time, and when we heard it. */
  readonly #voices = new Map<AgentId, Voice>()

  constructor(boundMs: number) {
    this.#boundMs = boundMs
  }

  get trusted(): boolean {
    return this.#trusted
  }

  /** Median offset of the others' clocks from ours, ms (positive: they are ahead); null = too few heard. */
  get offsetMs(): number | null {
    return this.#offsetMs
  }

  get steps(): number {
    return this.#steps
  }

  /** The time to live by, ms since 1970. */
  read(now: Now): number {
    return this.#steady(now) + this.#correctionMs
  }

  /**
   * Notes the stamp of a report at its arrival. Call it for refused reports above all: they tell a bad clock.
   * A voice is only heard going forward: late copies and replays of old reports say nothing about now.
   */
  hear(author: AgentId, stampMs: number, now: Now): void {
    const voice = this.#voices.get(author)
    const offsetMs = stampMs - this.#steady(now)
    if (voice !== undefined) {
      if (stampMs <= voice.stampMs) return
      listen(voice, stampMs, offsetMs, now.monoUs)
      return
    }
    if (this.#voices.size >= MAX_VOICES) this.#forgetOldest()
    this.#voices.set(author, {
      stampMs,
      timesHeard: 1,
      heardUs: now.monoUs,
      windowUs: now.monoUs,
      newestMs: offsetMs,
      beforeMs: offsetMs,
    })
  }

  /** Once a second: looks for steps and asks the witness. Says what changed. */
  review(now: Now): readonly ClockEvent[] {
    const events: ClockEvent[] = []
    this.#witness(now)
    this.#followStep(now, events)
    // With nobody to ask, the last verdict stands: silence is no reason to trust a clock again.
    const offsetMs = this.#offsetMs ?? this.#correctionMs
    const trusted = Math.abs(offsetMs) <= this.#boundMs
    this.#correctionMs = trusted ? 0 : offsetMs
    if (trusted !== this.#trusted) {
      this.#trusted = trusted
      events.push({ t: 'trust', trusted, offsetMs })
    }
    return events
  }

  #followStep(now: Now, events: ClockEvent[]): void {
    const byMs = now.wallMs - this.#steady(now)
    if (Math.abs(byMs) <= STEP_MS) {
      // NTP slewing the wall clock, or our oscillator drifting from it: follow in silence.
      if (byMs !== 0) this.#reanchor(now, byMs)
      this.#step = null
      return
    }
    // A clock that jumps about is believed nowhere: the hold begins again with each jump.
    const firstSeen = this.#step === null || Math.abs(byMs - this.#step.byMs) > STEP_MS
    if (firstSeen) {
      this.#step = { seenUs: now.monoUs, byMs }
      this.#steps++
    }
    const heldUs = now.monoUs - (this.#step?.seenUs ?? now.monoUs)
    const witnessMs = this.#offsetMs
    const adopted =
      witnessMs === null ? heldUs >= STEP_HOLD_US : Math.abs(byMs - witnessMs) < Math.abs(witnessMs)
    if (firstSeen || adopted) events.push({ t: 'stepped', byMs, adopted })
    if (adopted) this.#reanchor(now, byMs)
  }

  #reanchor(now: Now, byMs: number): void {
    this.#anchor = now
    this.#step = null
    for (const voice of this.#voices.values()) {
      voice.newestMs -= byMs
      voice.beforeMs -= byMs
    }
    if (this.#offsetMs !== null) this.#offsetMs -= byMs
    if (!this.#trusted) this.#correctionMs -= byMs
  }

  #steady(now: Now): number {
    this.#anchor ??= now
    return this.#anchor.wallMs + Math.floor((now.monoUs - this.#anchor.monoUs) / 1000)
  }

  #witness(now: Now): void {
    // Our own clock has a voice too, so that half of the neighbours can't move it against the other half.
    const offsets = [0]
    const sinceUs = now.monoUs - HEARD_WITHIN_US
    // The silent are kept, not forgotten: their old reports, replayed, must not pass for news.
    for (const voice of this.#voices.values()) {
      if (voice.timesHeard < MIN_HEARD || voice.heardUs < sinceUs) continue
      offsets.push(Math.max(voice.newestMs, voice.beforeMs))
    }
    this.#offsetMs = offsets.length <= MIN_VOICES ? null : medianNearZero(offsets)
  }

  #forgetOldest(): void {
    let oldest: AgentId | null = null
    let heardUs = Number.POSITIVE_INFINITY
    for (const [author, voice] of this.#voices) {
      if (voice.heardUs < heardUs) {
        heardUs = voice.heardUs
        oldest = author
      }
    }
    if (oldest !== null) this.#voices.delete(oldest)
  }
}

/** The median; of the two middle ones of an even number, the one that moves us less. */
function medianNearZero(offsets: readonly number[]): number {
  // Sorted as numbers without a call for each comparison.
  const sorted = Float64Array.from(offsets).sort()
  const low = sorted[(sorted.length - 1) >> 1] ?? 0
  const high = sorted[sorted.length >> 1] ?? 0
  return Math.abs(low) < Math.abs(high) ? low : high
}

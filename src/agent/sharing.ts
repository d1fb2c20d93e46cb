import { cellsWithin } from '../geo/cells.ts'
import { metresPerE7 } from '../geo/wgs84.ts'
import { nextRun } from '../policy/contradiction.ts'
import type { AgentId, Now } from '../ports.ts'
import { Interest } from '../position/interest.ts'
import { comesNear } from '../position/nearness.ts'
import type { Position, SignedPosition, VehicleFix } from '../position/position.ts'
import { type Reported, reportDue } from '../position/publish-rule.ts'
import { ageMs, World } from '../position/world.ts'
import { type Hlc, hlcMs } from '../time/hlc.ts'
import { Stamper } from '../time/stamper.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import type { AgentConfig } from './config.ts'
import type { AgentCounters } from './counters.ts'
import type { Effect, VerdictReason } from './interface.ts'

// A delivery is the hottest path of all: its answer is one of these, made once.
const VERDICTS: { readonly [R in TimeVerdict | 'own']: readonly Effect[] } = {
  fresh: [{ t: 'verdict', verdict: 'accept', reason: 'fresh' }],
  own: [{ t: 'verdict', verdict: 'accept', reason: 'own' }],
  stale: [{ t: 'verdict', verdict: 'ignore', reason: 'stale' }],
  expired: [{ t: 'verdict', verdict: 'ignore', reason: 'expired' }],
  future: [{ t: 'verdict', verdict: 'ignore', reason: 'future' }],
}

/** What a report is judged to be by its stamp. */
type TimeVerdict = Extract<VerdictReason, 'fresh' | 'stale' | 'expired' | 'future'>

/** What sharing leans on: shared with the agent's other parts. */
export interface SharingParts {
  readonly config: AgentConfig
  readonly clock: SwarmClock
  readonly stamper: Stamper
  readonly counters: AgentCounters
}

/** Position sharing: when to report, where to, what to believe of others, which topics to hear. */
export class Sharing {
  readonly world = new World()
  readonly interest: Interest
  readonly #parts: SharingParts
  /**
   * Reports are stamped by the own clock alone. They need no order among authors, and a stamp drawn ahead by one
   * fast neighbour would make everybody's reports look late or early by that neighbour's error.
   */
  readonly #reportStamper: Stamper
  #seq = 0
  #lastHlc: Hlc = 0
  #reported: Reported | null = null
  #latest: { readonly fix: VehicleFix; readonly atUs: number } | null = null

  constructor(parts: SharingParts) {
    this.#parts = parts
    const { config } = parts
    this.#reportStamper = new Stamper(config.clockBoundMs)
    const watched = config.watch.flatMap(area =>
      cellsWithin(area.latE7, area.lonE7, area.radiusM, config.cellResolution),
    )
    this.interest = new Interest(config, [...new Set(watched)])
  }

  /** The vehicle's last fix and when it came; null before the first. */
  get latest(): { readonly fix: VehicleFix; readonly atUs: number } | null {
    return this.#latest
  }

  /**
   * Takes a fix of the own vehicle: joins and leaves topics and reports, if it is worth a report. `mayReport`: whether
   * the swarm lets us.
   */
  fix(fix: VehicleFix, now: Now, mayReport = true): readonly Effect[] {
    const { config, counters } = this.#parts
    counters.fixes++
    const fixIntervalMs = this.#latest === null ? 0 : (now.monoUs - this.#latest.atUs) / 1000
    this.#latest = { fix, atUs: now.monoUs }
    const effects = this.review(now)
    if (!mayReport) return effects
    const due = (near: boolean) =>
      reportDue(config.position, this.#reported, fix, now.monoUs, near, fixIntervalMs)
    // Whether anyone is near is asked only where it decides: the answer reads every report held, in a crowd 2 us and more.
    if (!due(false) && !(due(true) && this.#anyoneNear(fix, now.monoUs))) return effects
    this.#reported = { fix, atUs: now.monoUs }
    counters.positionsPublished++
    const cell = this.interest.own
    if (cell === null) throw new Error('a fix was taken, yet there is no own cell')
    return [...effects, { t: 'publish', cell, position: this.#position(fix, now) }]
  }

  /** Joins and leaves topics as time and the last fix demand. */
  review(now: Now): readonly Effect[] {
    const { join, leave } = this.interest.update(this.#latest?.fix ?? null, now.monoUs)
    if (join.length === 0 && leave.length === 0) return []
    return [
      ...join.map(cell => ({ t: 'subscribe', cell }) as const),
      ...leave.map(cell => ({ t: 'unsubscribe', cell }) as const),
    ]
  }

  /** Takes a verified report off the air. Expired ones are dropped: a healed partition replays no airspace. */
  hear(from: AgentId, signed: SignedPosition, now: Now): readonly Effect[] {
    const { config, counters } = this.#parts
    if (signed.position.agent === config.agent) return this.#hearOwn(from, signed, now)
    const reason = this.#judge(signed, now)
    switch (reason) {
      case 'fresh':
        counters.positionsAccepted++
        break
      case 'stale':
        counters.positionsStale++
        break
      case 'expired':
        counters.positionsExpired++
        break
      case 'future':
        counters.positionsFuture++
        break
    }
    return VERDICTS[reason]
  }

  /** Takes a report passed on by a peer: may be long expired, and is then a volume, never a point. */
  learn(signed: SignedPosition, now: Now): boolean {
    const { config, clock, stamper } = this.#parts
    const { position } = signed
    if (position.agent === config.agent) return false
    const swarmMs = clock.read(now)
    const age = swarmMs - hlcMs(position.hlc)
    if (age > config.position.forgetMs || !stamper.receive(position.hlc, swarmMs)) return false
    return this.world.hear({ signed, receivedUs: now.monoUs, ageAtReceiptMs: Math.max(0, age) })
  }

  /** Forgets the long silent. */
  forget(now: Now): void {
    const { config, counters } = this.#parts
    counters.positionsForgotten += this.world.forget(now.monoUs, config.position.forgetMs)
  }

  #judge(signed: SignedPosition, now: Now): TimeVerdict {
    const { clock, stamper } = this.#parts
    const { agent, hlc, validMs } = signed.position
    const swarmMs = clock.read(now)
    const ageMs = swarmMs - hlcMs(hlc)
    clock.hear(agent, hlcMs(hlc), now)
    if (!stamper.receive(hlc, swarmMs)) return 'future'
    if (ageMs > validMs) return 'expired'
    const heard = { signed, receivedUs: now.monoUs, ageAtReceiptMs: Math.max(0, ageMs) }
    return this.world.hear(heard) ? 'fresh' : 'stale'
  }

  #hearOwn(from: AgentId, signed: SignedPosition, now: Now): readonly Effect[] {
    const { config, counters } = this.#parts
    if (from === config.agent) {
      this.world.hear({ signed, receivedUs: now.monoUs, ageAtReceiptMs: 0 })
      return VERDICTS.own
    }
    const { boot, seq } = signed.position
    if (boot > config.boot || (boot === config.boot && seq > this.#seq)) counters.positionsCloned++
    else counters.positionsStale++
    return VERDICTS.stale
  }

  #position(fix: VehicleFix, now: Now): Position {
    const { config, clock } = this.#parts
    const hlc = this.#reportStamper.next(clock.read(now))
    // Stamps that start again below start a new run of numbers, or it would look like two of us.
    this.#seq = hlc > this.#lastHlc ? this.#seq + 1 : nextRun(this.#seq)
    this.#lastHlc = hlc
    return {
      ...fix,
      agent: config.agent,
      boot: config.boot,
      seq: this.#seq,
      hlc,
      validMs: config.position.validMs,
      intent: null,
      tokens: [],
    }
  }

  #anyoneNear(fix: VehicleFix, nowUs: number): boolean {
    const { agent, position } = this.#parts.config
    const scale = metresPerE7(fix.latE7)
    for (const heard of this.world.all()) {
      const other = heard.signed.position
      const age = ageMs(heard, nowUs)
      if (other.agent === agent || age > other.validMs) continue
      if (other.status === 'Ground' && fix.status === 'Ground') continue
      if (comesNear(fix, other, position.nearM, position.lookaheadS, age, scale)) return true
    }
    return false
  }
}

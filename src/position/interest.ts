import { cellAndRing, cellOf } from '../geo/cells.ts'
import type { CellId } from '../ports.ts'
import { extrapolate } from './dead-reckoning.ts'
import type { VehicleFix } from './position.ts'

/** Which topics an agent should hear, and how long it keeps those it no longer needs. */
export interface InterestRule {
  readonly cellResolution: number
  readonly joinAheadS: number
  readonly leaveAfterS: number
}

/** Cells to join and to leave now. */
export interface InterestChange {
  readonly join: readonly CellId[]
  readonly leave: readonly CellId[]
}

const NO_CHANGE: InterestChange = { join: [], leave: [] }

/**
 * Keeps the set of joined cells: own cell and the ring around it, the same around where the vehicle will be
 * in `joinAheadS`, and whatever is watched for good. A cell is left only after `leaveAfterS` unwanted, for
 * leaving and joining a gossip mesh costs back-offs on both sides.
 *
 * With own cell and ring the agent hears everyone within one cell's inner width, about 0.9 km at resolution 8.
 */
export class Interest {
  readonly #rule: InterestRule
  readonly #watched: readonly CellId[]
  /** Joined cells and until when (monotonic µs) they are kept. */
  readonly #keepUntilUs = new Map<CellId, number>()
  #own: CellId | null = null
  #ahead: CellId | null = null
  /** What was wanted until the last move: its time of grace starts now, not when it was last looked at. */
  #before: readonly (CellId | null)[] = []
  #nextReviewUs = 0

  constructor(rule: InterestRule, watched: readonly CellId[]) {
    this.#rule = rule
    this.#watched = watched
  }

  /** The cell the vehicle is in; null before the first fix. */
  get own(): CellId | null {
    return this.#own
  }

  joined(): readonly CellId[] {
    return [...this.#keepUntilUs.keys()].sort()
  }

  has(cell: CellId): boolean {
    return this.#keepUntilUs.has(cell)
  }

  /** Cells that are joined only because the vehicle will be near them soon. */
  onlyAhead(): ReadonlySet<CellId> {
    if (this.#own === null || this.#ahead === null) return new Set()
    const here = new Set([...this.#watched, ...cellAndRing(this.#own)])
    return new Set(cellAndRing(this.#ahead).filter(cell => !here.has(cell)))
  }

  /** Takes a new fix (null = none yet) and says what to join and leave. Cheap unless a border is near. */
  update(fix: VehicleFix | null, nowUs: number): InterestChange {
    const moved = fix !== null && this.#move(fix)
    if (!moved && nowUs < this.#nextReviewUs) return NO_CHANGE
    this.#nextReviewUs = nowUs + 1_000_000
    return this.#review(nowUs)
  }

  #move(fix: VehicleFix): boolean {
    const { cellResolution, joinAheadS } = this.#rule
    const own = cellOf(fix.latE7, fix.lonE7, cellResolution)
    const then = extrapolate(fix, joinAheadS * 1000)
    const ahead = cellOf(then.latE7, then.lonE7, cellResolution)
    if (own === this.#own && ahead === this.#ahead) return false
    this.#before = [this.#own, this.#ahead]
    this.#own = own
    this.#ahead = ahead
    return true
  }

  #review(nowUs: number): InterestChange {
    const wanted = new Set<CellId>(this.#watched)
    for (const centre of [this.#own, this.#ahead, ...this.#before]) {
      if (centre !== null) for (const cell of cellAndRing(centre)) wanted.add(cell)
    }
    this.#before = []
    const join: CellId[] = []
    const keepUntilUs = nowUs + this.#rule.leaveAfterS * 1_000_000
    for (const cell of wanted) {
      if (!this.#keepUntilUs.has(cell)) join.push(cell)
      this.#keepUntilUs.set(cell, keepUntilUs)
    }
    const leave = [...this.#keepUntilUs].filter(([, untilUs]) => untilUs <= nowUs).map(([cell]) => cell)
    for (const cell of leave) this.#keepUntilUs.delete(cell)
    return { join: join.sort(), leave: leave.sort() }
  }
}

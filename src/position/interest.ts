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

/** A cell and the ring around it, worked out once for as long as the vehicle stays: H3 takes 3 us for it. */
interface Around {
  readonly centre: CellId
  readonly cells: readonly CellId[]
}

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
  /** Joined cells and when (monotonic µs) each is left; infinite while it is wanted. */
  readonly #leaveAtUs = new Map<CellId, number>()
  #wanted: readonly CellId[] = []
  #own: Around | null = null
  #ahead: Around | null = null
  #nextReviewUs = Number.NEGATIVE_INFINITY
  #nextLeaveUs = Number.POSITIVE_INFINITY

  constructor(rule: InterestRule, watched: readonly CellId[]) {
    this.#rule = rule
    this.#watched = watched
  }

  /** The cell the vehicle is in; null before the first fix. */
  get own(): CellId | null {
    return this.#own?.centre ?? null
  }

  joined(): readonly CellId[] {
    return [...this.#leaveAtUs.keys()].sort()
  }

  has(cell: CellId): boolean {
    return this.#leaveAtUs.has(cell)
  }

  /** Cells that are joined only because the vehicle will be near them soon. */
  onlyAhead(): ReadonlySet<CellId> {
    if (this.#own === null || this.#ahead === null) return new Set()
    const here = new Set([...this.#watched, ...this.#own.cells])
    return new Set(this.#ahead.cells.filter(cell => !here.has(cell)))
  }

  /** Takes a new fix (null = none yet) and says what to join and leave. Cheap unless a border is crossed. */
  update(fix: VehicleFix | null, nowUs: number): InterestChange {
    const first = this.#nextReviewUs === Number.NEGATIVE_INFINITY
    const moved = fix !== null && this.#move(fix)
    if (!moved && nowUs < this.#nextReviewUs) return NO_CHANGE
    this.#nextReviewUs = nowUs + 1_000_000
    const join = moved || first ? this.#want(nowUs) : NO_CHANGE.join
    const leave = nowUs >= this.#nextLeaveUs ? this.#leave(nowUs) : NO_CHANGE.leave
    return { join, leave }
  }

  #move(fix: VehicleFix): boolean {
    const { cellResolution, joinAheadS } = this.#rule
    const own = cellOf(fix.latE7, fix.lonE7, cellResolution)
    const then = extrapolate(fix, joinAheadS * 1000)
    const ahead = cellOf(then.latE7, then.lonE7, cellResolution)
    if (own === this.#own?.centre && ahead === this.#ahead?.centre) return false
    this.#own = around(own)
    this.#ahead = own === ahead ? this.#own : around(ahead)
    return true
  }

  /** Works out what is wanted now; the time of grace of whatever was wanted until now begins. Returns what is new. */
  #want(nowUs: number): readonly CellId[] {
    const leaveAtUs = nowUs + this.#rule.leaveAfterS * 1_000_000
    for (const cell of this.#wanted) this.#leaveAtUs.set(cell, leaveAtUs)
    const wanted = new Set([...this.#watched, ...(this.#own?.cells ?? []), ...(this.#ahead?.cells ?? [])])
    const join = [...wanted].filter(cell => !this.#leaveAtUs.has(cell))
    for (const cell of wanted) this.#leaveAtUs.set(cell, Number.POSITIVE_INFINITY)
    this.#wanted = [...wanted]
    this.#nextLeaveUs = Math.min(...this.#leaveAtUs.values())
    return join.sort()
  }

  #leave(nowUs: number): readonly CellId[] {
    const leave = [...this.#leaveAtUs].filter(([, atUs]) => atUs <= nowUs).map(([cell]) => cell)
    for (const cell of leave) this.#leaveAtUs.delete(cell)
    this.#nextLeaveUs = Math.min(...this.#leaveAtUs.values())
    return leave.sort()
  }
}

const around = (centre: CellId): Around => ({ centre, cells: cellAndRing(centre) })

import type { AgentId } from '../../src/ports.ts'
import { Bucket } from './bucket.ts'
import {
  BUDGETS,
  type BudgetName,
  type BudgetRule,
  type Cause,
  EXCEEDED_PENALTY,
  FAULTS,
  type FaultName,
  PENALTY_HALF_LIFE_MS,
  THRESHOLDS,
  TIME_OUT_MS,
} from './limits.ts'

/** A penalty, and what follows from it: with `disconnect` and `ban` the peer is out from now on. */
export interface Judgement {
  readonly cause: Cause
  /** `warn`: it has just crossed that threshold; `note`: nothing follows. */
  readonly act: 'note' | 'warn' | 'disconnect' | 'ban'
  /** Penalty points of the peer now. */
  readonly points: number
}

export interface LedgerInit {
  /** How long a peer is refused that reached the highest threshold, ms. */
  readonly banMs: number
  /** Peers remembered; past it the one that was quiet longest goes, those that are out last. */
  readonly capacity: number
  readonly budgets?: Readonly<Record<BudgetName, BudgetRule>>
}

interface Account {
  readonly buckets: Map<BudgetName, Bucket>
  points: number
  pointsAtMs: number
  outUntilMs: number
  banned: boolean
  seenAtMs: number
}

/**
 * What each peer has cost and done, over all its connections and reconnections. Pure: times are arguments,
 * monotonic ms. A penalty halves every ten minutes; past the thresholds of `limits.ts` the peer is out for a while.
 */
export class PeerLedger {
  readonly #init: LedgerInit
  readonly #budgets: Readonly<Record<BudgetName, BudgetRule>>
  readonly #accounts = new Map<AgentId, Account>()

  constructor(init: LedgerInit) {
    this.#init = init
    this.#budgets = init.budgets ?? BUDGETS
  }

  get size(): number {
    return this.#accounts.size
  }

  /**
   * Takes `amount` of a budget. `ok`; or `out`: the peer is out already and nothing was counted; or the judgement, if
   * the budget has run out.
   */
  spend(peer: AgentId, budget: BudgetName, amount: number, nowMs: number): Judgement | 'ok' | 'out' {
    const account = this.#account(peer, nowMs)
    if (nowMs < account.outUntilMs) return 'out'
    const rule = this.#budgets[budget]
    let bucket = account.buckets.get(budget)
    if (bucket === undefined) {
      bucket = new Bucket(rule.perS, rule.burst)
      account.buckets.set(budget, bucket)
    }
    if (bucket.take(nowMs, amount)) return 'ok'
    // The next penalty is due when this is spent too: the faster it is, the sooner.
    bucket.give(rule.burst / 4)
    return this.#penalize(account, budget, EXCEEDED_PENALTY, nowMs)
  }

  /** Notes a fault; null if the peer is out already. */
  fault(peer: AgentId, fault: FaultName, nowMs: number): Judgement | null {
    const account = this.#account(peer, nowMs)
    if (nowMs < account.outUntilMs) return null
    return this.#penalize(account, fault, FAULTS[fault].penalty, nowMs)
  }

  /** Whether a peer is refused now. */
  isOut(peer: AgentId, nowMs: number): boolean {
    const account = this.#accounts.get(peer)
    return account !== undefined && nowMs < account.outUntilMs
  }

  /** Penalty points of a peer, after what time has forgiven. */
  points(peer: AgentId, nowMs: number): number {
    const account = this.#accounts.get(peer)
    return account === undefined ? 0 : pointsNow(account, nowMs)
  }

  /** Peers that are banned now, not counting those that were only let go. */
  banned(nowMs: number): number {
    let banned = 0
    for (const account of this.#accounts.values()) {
      if (account.banned && nowMs < account.outUntilMs) banned++
    }
    return banned
  }

  #penalize(account: Account, cause: Cause, penalty: number, nowMs: number): Judgement {
    const before = pointsNow(account, nowMs)
    const points = before + penalty
    account.points = points
    account.pointsAtMs = nowMs
    const act = actOn(before, points)
    if (act === 'disconnect' || act === 'ban') {
      account.banned = act === 'ban'
      account.outUntilMs = nowMs + (account.banned ? this.#init.banMs : TIME_OUT_MS)
    }
    return { cause, act, points }
  }

  #account(peer: AgentId, nowMs: number): Account {
    const known = this.#accounts.get(peer)
    if (known !== undefined) {
      known.seenAtMs = nowMs
      return known
    }
    if (this.#accounts.size >= this.#init.capacity) this.#makeRoom(nowMs)
    const account = {
      buckets: new Map(),
      points: 0,
      pointsAtMs: nowMs,
      outUntilMs: Number.NEGATIVE_INFINITY,
      banned: false,
      seenAtMs: nowMs,
    }
    this.#accounts.set(peer, account)
    return account
  }

  /** A scan, but only for a newcomer to a full ledger, who has just cost a handshake of a hundred times as much. */
  #makeRoom(nowMs: number): void {
    let least: readonly [AgentId, Account] | undefined
    for (const entry of this.#accounts) {
      if (least === undefined || mattersLess(entry[1], least[1], nowMs)) least = entry
    }
    if (least !== undefined) this.#accounts.delete(least[0])
  }
}

function mattersLess(a: Account, b: Account, nowMs: number): boolean {
  const [aOut, bOut] = [nowMs < a.outUntilMs, nowMs < b.outUntilMs]
  if (aOut !== bOut) return bOut
  return aOut ? a.outUntilMs < b.outUntilMs : a.seenAtMs < b.seenAtMs
}

function pointsNow({ points, pointsAtMs }: Account, nowMs: number): number {
  if (points === 0) return 0
  return points * 0.5 ** (Math.max(0, nowMs - pointsAtMs) / PENALTY_HALF_LIFE_MS)
}

function actOn(before: number, points: number): Judgement['act'] {
  if (points >= THRESHOLDS.ban) return 'ban'
  if (points >= THRESHOLDS.disconnect) return 'disconnect'
  return before < THRESHOLDS.warn && points >= THRESHOLDS.warn ? 'warn' : 'note'
}

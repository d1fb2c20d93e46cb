import type { AgentId } from '../../src/ports.ts'
import { AuthorRates } from './author-rates.ts'
import { type Judgement, PeerLedger } from './ledger.ts'
import {
  BUDGET_NAMES,
  BUDGETS,
  type BudgetName,
  type BudgetRule,
  type Cause,
  FAULT_NAMES,
  type FaultName,
} from './limits.ts'

/** Whom the layers tell what a peer costs and does. */
export interface PeerMeter {
  /** Takes of a peer's budget, before the work is done. False: the peer is out, whatever it sends is to be dropped. */
  spend(peer: AgentId, budget: BudgetName, amount: number): boolean
  /** Something that no honest node does. */
  fault(peer: AgentId, fault: FaultName): void
}

export interface PeerGuardInit {
  /** Bytes a second that one peer may send. @default BUDGETS.link.perS */
  readonly linkBytesPerS?: number
  /** How long a ban lasts, ms. @default half an hour */
  readonly banMs?: number
  /** Peers remembered with what they did, at least: more than are ever connected. @default 4096 */
  readonly capacity?: number
  /** A peer was penalized. With `disconnect` and `ban` it is to be let go now. */
  readonly onJudged: (peer: AgentId, judgement: Judgement) => void
  /** Monotonic ms. */
  readonly nowMs?: () => number
}

const AUTHORS_MAX = 16_384

/** The ledger of a node that runs, with its clock. */
export class PeerGuard implements PeerMeter {
  /** Penalties so far, by cause. */
  readonly penalties: Readonly<Record<Cause, number>>
  readonly #penalties = noPenalties()
  readonly #ledger: PeerLedger
  readonly #authors = new AuthorRates(AUTHORS_MAX)
  readonly #onJudged: PeerGuardInit['onJudged']
  readonly #nowMs: () => number

  constructor(init: PeerGuardInit) {
    const share = (init.linkBytesPerS ?? BUDGETS.link.perS) / BUDGETS.link.perS
    this.#ledger = new PeerLedger({
      banMs: init.banMs ?? 1_800_000,
      capacity: init.capacity ?? 4_096,
      budgets: { ...BUDGETS, link: scaled(BUDGETS.link, share), relayed: scaled(BUDGETS.relayed, share) },
    })
    this.#onJudged = init.onJudged
    this.#nowMs = init.nowMs ?? (() => performance.now())
    this.penalties = this.#penalties
  }

  spend(peer: AgentId, budget: BudgetName, amount: number): boolean {
    const outcome = this.#ledger.spend(peer, budget, amount, this.#nowMs())
    if (outcome === 'ok') return true
    if (outcome === 'out') return false
    this.#tell(peer, outcome)
    return outcome.act === 'note' || outcome.act === 'warn'
  }

  fault(peer: AgentId, fault: FaultName): void {
    const judgement = this.#ledger.fault(peer, fault, this.#nowMs())
    if (judgement !== null) this.#tell(peer, judgement)
  }

  /** Whether one more verified report of `author` is to be heard. If not, and it came from the author itself, that is spam. */
  hears(author: AgentId, from: AgentId): boolean {
    if (this.#authors.take(author, this.#nowMs())) return true
    if (author === from) this.fault(from, 'spam')
    return false
  }

  /** Whether a peer is refused now. */
  isOut(peer: AgentId): boolean {
    return this.#ledger.isOut(peer, this.#nowMs())
  }

  banned(): number {
    return this.#ledger.banned(this.#nowMs())
  }

  #tell(peer: AgentId, judgement: Judgement): void {
    this.#penalties[judgement.cause]++
    this.#onJudged(peer, judgement)
  }
}

/** Every cause, none of them met yet. */
export function noPenalties(): Record<Cause, number> {
  return Object.fromEntries([...BUDGET_NAMES, ...FAULT_NAMES].map(cause => [cause, 0])) as Record<
    Cause,
    number
  >
}

function scaled(rule: BudgetRule, share: number): BudgetRule {
  return { ...rule, perS: rule.perS * share, burst: rule.burst * share }
}

import { type Demand, demandOf } from '../policy/rules/in-flight.ts'
import type { RuleSet } from '../policy/rules/rule-set.ts'
import type { Now } from '../ports.ts'
import type { Effect } from './interface.ts'
import type { Journal } from './journal.ts'
import type { OwnFlight } from './own-flight.ts'

/** A demand is over when nothing asked for it for so long: on its edge it would come and go every second. */
const OVER_AFTER_US = 30_000_000
/** How final an action is. While a demand holds, only a more final one takes its place. */
const FINALITY: { readonly [A in Demand['action']]: number } = { avoid: 0, hold: 1, return: 2, land: 3 }

/** What the vehicle does unasked when it finds itself breaking a rule in the air: each demand once. */
export class Guarding {
  readonly #rules: RuleSet | null
  readonly #flight: OwnFlight
  readonly #journal: Journal
  #held: { readonly demand: Demand; seenUs: number } | null = null

  constructor(rules: RuleSet | null, flight: OwnFlight, journal: Journal) {
    this.#rules = rules
    this.#flight = flight
    this.#journal = journal
  }

  /** Whether the vehicle is at something more final than this already. */
  outranks(action: Demand['action']): boolean {
    return this.#held !== null && FINALITY[this.#held.demand.action] > FINALITY[action]
  }

  /** Once a second. */
  tick(now: Now): readonly Effect[] {
    const rules = this.#rules
    if (rules === null) return []
    const held = this.#held
    const situation = this.#flight.situation(null, now)
    const demand = demandOf(rules, situation)
    if (held !== null && demand?.rule === held.demand.rule) held.seenUs = now.monoUs
    const isDown = situation.status === 'ground'
    const isHolding = held !== null && !isDown && now.monoUs - held.seenUs < OVER_AFTER_US
    if (demand === null) {
      if (held !== null && !isHolding) this.#change(rules, null, now)
      return []
    }
    if (isHolding && FINALITY[demand.action] <= FINALITY[held.demand.action]) return []
    this.#change(rules, demand, now)
    const { action, reason } = demand
    return action === 'avoid' ? [] : [{ t: 'actuate', verb: action, reason }]
  }

  #change({ name, revision }: RuleSet, demand: Demand | null, now: Now): void {
    this.#held = demand && { demand, seenUs: now.monoUs }
    const { action, rule, reason } = demand ?? { action: 'none', rule: '', reason: '' }
    const data = { action, rule, reason, rules: name, revision }
    this.#journal.append({ type: 'rules.demanded', subject: '', data }, now)
  }
}

import { isInCells } from '../geo/cells.ts'
import { type Command, type Issuer, isSafeVerb, type RuledVerb } from '../policy/rules/command.ts'
import { decide } from '../policy/rules/decide.ts'
import { countsTogether } from '../policy/rules/quorum.ts'
import type { RuleSet } from '../policy/rules/rule-set.ts'
import type { CommandDecision, CommandPoint, SignedCommand } from '../policy/signed-command.ts'
import type { AgentId, Now } from '../ports.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import type { OwnFlight } from './own-flight.ts'
import type { Trusting } from './trusting.ts'
import type { VehicleFacts, VehicleOrder } from './vehicle.ts'
import { Voices } from './voices.ts'

export interface ExecutorParts {
  readonly trusting: Trusting
  readonly clock: SwarmClock
  readonly clockBoundMs: number
  readonly flight: OwnFlight
  /** Null: none could be read, and only what is safe is carried out. */
  readonly rules: RuleSet | null
  readonly vehicle: VehicleFacts | null
}

/** What the own vehicle does about a command. */
export interface Outcome {
  readonly decision: CommandDecision
  readonly rule: string
  readonly reason: string
  /** The commands that this is the answer to: more than one when several asked for what is now done. */
  readonly answers: readonly SignedCommand[]
}

/**
 * Whether the own vehicle carries a command out. Its signature holds and it was not seen before; here it is asked
 * whether its author may say so, here and now, whether the vehicle can, and what the rules say.
 */
export class Executor {
  readonly #parts: ExecutorParts
  readonly #voices = new Voices()
  #startUs: number | null = null

  constructor(parts: ExecutorParts) {
    this.#parts = parts
  }

  get rules(): RuleSet | null {
    return this.#parts.rules
  }

  /** The agent begins to run. */
  start(now: Now): void {
    this.#startUs = now.monoUs
  }

  judge(command: SignedCommand, now: Now): Outcome {
    const unfit =
      this.#unauthorised(command, now) ??
      this.#outOfScope(command, now) ??
      this.#fromBefore(command, now) ??
      this.#unable(command)
    if (unfit !== null) return { decision: 'refuse', ...unfit, answers: [command] }
    if (isSafeVerb(command.verb)) return this.#decide(command, [command], now)
    return this.#decideTogether(command, command.verb, now)
  }

  /** Whether a command is over by the own clock, as far as that is trusted. */
  isSurelyLate({ notAfterMs }: SignedCommand, now: Now): boolean {
    const { clock, clockBoundMs } = this.#parts
    return clock.trusted && clock.read(now) - clockBoundMs > notAfterMs
  }

  #decideTogether(command: SignedCommand, verb: RuledVerb, now: Now): Outcome {
    const { rules, clock, clockBoundMs } = this.#parts
    const nowMs = clock.read(now) + clockBoundMs
    const voices = this.#voices.join(command, nowMs).filter(voice => this.#may(voice, now))
    const outcome = this.#decide(command, voices, now)
    if (outcome.decision === 'allow') {
      this.#voices.clear(command)
      return outcome
    }
    const mayGrow = rules !== null && countsTogether(rules, verb, this.#rolesOf(command.author))
    if (mayGrow && !outcome.rule.startsWith('core.')) return { ...outcome, decision: 'wait' }
    this.#voices.withdraw(command)
    return outcome
  }

  #decide(command: SignedCommand, voices: readonly SignedCommand[], now: Now): Outcome {
    const { rules, flight } = this.#parts
    const { verb, point, nonce } = command
    const asked: Command = {
      verb,
      target: point && flight.airPoint(point),
      issuers: voices.map(voice => this.#issuer(voice)),
      notAfterMs: Math.min(...voices.map(({ notAfterMs }) => notAfterMs)),
      nonce,
    }
    const { allow, rule, reason } = decide(rules, asked, flight.situation(point, now))
    return { decision: allow ? 'allow' : 'refuse', rule, reason, answers: allow ? voices : [command] }
  }

  #unauthorised(command: SignedCommand, now: Now): Unfit | null {
    if (this.#may(command, now)) return null
    const { author, verb } = command
    const standing = this.#parts.trusting.membership.standing(author, this.#parts.clock.read(now))
    if (standing !== 'valid')
      return { rule: 'core.standing', reason: 'its author’s certificate is unknown, revoked or over' }
    const roles = this.#rolesOf(author).join(' and ')
    return { rule: 'core.role', reason: `a ${roles} may not say ${verb}` }
  }

  /** Rights over others hold where the certificate says: the vehicle has to be there, and where it is sent. */
  #outOfScope({ author, point }: SignedCommand, now: Now): Unfit | null {
    const cells = this.#parts.trusting.membership.credential(author)?.certificate.cells ?? []
    if (cells.length === 0) return null
    const inScope = (place: CommandPoint) => isInCells(place.latE7, place.lonE7, cells)
    const here = this.#parts.flight.place(now)
    if (here === null)
      return {
        rule: 'core.scope',
        reason: 'its author commands in some places only; where this is, is not known',
      }
    if (!inScope(here))
      return { rule: 'core.scope', reason: 'the vehicle is where its author commands nobody' }
    if (point === null || inScope(point)) return null
    return { rule: 'core.scope', reason: 'it leads to where its author commands nobody' }
  }

  /** Which commands were carried out before a restart is not known any more: one of then may be a replay. */
  #fromBefore({ verb, issuedMs }: SignedCommand, now: Now): Unfit | null {
    const { clock, clockBoundMs } = this.#parts
    const startMs = clock.read(now) - (now.monoUs - (this.#startUs ?? now.monoUs)) / 1000
    if (isSafeVerb(verb) || issuedMs >= startMs + 2 * clockBoundMs) return null
    return {
      rule: 'core.restarted',
      reason: 'the node on board started only after it was signed; send it anew',
    }
  }

  #unable(command: SignedCommand): Unfit | null {
    const { verb } = command
    const order = orderOf(command)
    const takes = this.#parts.vehicle?.takes ?? []
    if (order !== null && takes.includes(order.verb)) return null
    if (takes.length === 0)
      return { rule: 'core.vehicle', reason: 'the vehicle takes no orders: whoever flies it must act' }
    const what = order === null ? 'flies no missions that could be' : 'can’t be'
    const done = { start: 'started', abort: 'aborted', goto: 'sent anywhere', kill: 'switched off' }
    const told = isSafeVerb(verb) ? `told to ${verb}` : done[verb]
    return { rule: 'core.vehicle', reason: `the vehicle ${what} ${told}` }
  }

  #may({ author, verb }: SignedCommand, now: Now): boolean {
    return this.#parts.trusting.may(author, 'command', verb, now)
  }

  #rolesOf(author: AgentId) {
    return this.#parts.trusting.membership.credential(author)?.certificate.roles ?? []
  }

  #issuer({ author, issuedMs }: SignedCommand): Issuer {
    return { agent: author, roles: this.#rolesOf(author), issuedMs }
  }
}

type Unfit = Pick<Outcome, 'rule' | 'reason'>

/** What the vehicle is to do; null for what is no single order. */
export function orderOf({ verb, point }: SignedCommand): VehicleOrder | null {
  if (verb === 'start' || verb === 'abort') return null
  if (verb !== 'goto') return { verb }
  return point && { verb, point }
}

import { type Command, isSafeVerb, type RuledVerb } from './command.ts'
import { kindOf } from './kinds.ts'
import { agreeing } from './quorum.ts'
import { inOrder, type Permit, type Rule, type RuleSet } from './rule-set.ts'
import type { Situation } from './situation.ts'

export interface Decision {
  readonly allow: boolean
  /** What decided: a rule's id, `permit.VERB`, or one of the fixed rules that no rule set can change (`core.…`). */
  readonly rule: string
  /** For a person. */
  readonly reason: string
}

/**
 * Whether a vehicle carries a command out. Its signatures and roles are checked already; replays are the caller's.
 *
 * What is safe comes first: `hold`, `land` and `return` of any issuer are carried out before a rule is looked at,
 * and refused only if they surely expired. Everything else is refused unless it is fresh, a permit names its verb
 * and enough issuers agree, and no rule objects. `rules` null: none could be read. `situation` null: nothing is known.
 *
 * Never throws. The same arguments always get the same answer.
 */
export function decide(rules: RuleSet | null, command: Command, situation: Situation | null): Decision {
  try {
    if (command.issuers.length === 0) return refuse('core.issuer', 'nobody who may say it has signed it')
    if (isSafeVerb(command.verb)) return decideSafe(command, situation)
    return judge(rules, command, situation)
  } catch (error) {
    // A bug of ours, or records that nobody validated: neither may keep a vehicle from landing.
    if (isSafeVerb(command.verb)) return SAFE
    return refuse('core.failed', `the rules failed (${error}); hold, land and return are still carried out`)
  }
}

const allow = (rule: string, reason: string): Decision => ({ allow: true, rule, reason })
const refuse = (rule: string, reason: string): Decision => ({ allow: false, rule, reason })
const SAFE = allow('core.safe', 'hold, land and return are always carried out')

function decideSafe({ notAfterMs }: Command, situation: Situation | null): Decision {
  const { wallMs, errorMs } = situation?.clock ?? { wallMs: 0, errorMs: null }
  const isSurelyLate = errorMs !== null && wallMs - errorMs > notAfterMs
  return isSurelyLate ? late(wallMs, notAfterMs) : SAFE
}

function judge(rules: RuleSet | null, command: Command, situation: Situation | null): Decision {
  if (rules === null)
    return refuse('core.no-rules', 'no rules could be read; only hold, land and return are carried out')
  if (situation === null) return refuse('core.no-situation', 'the vehicle knows nothing of its situation yet')
  const { verb, target } = command
  if (verb === 'goto' && target === null) return refuse('core.target', 'goto needs a target')
  const permit = Object.hasOwn(rules.permit, verb) ? rules.permit[verb as RuledVerb] : undefined
  if (permit === undefined) return refuse('core.not-permitted', `the rules permit nobody to ${verb}`)
  // Only these voices count, for the permit and for every rule.
  const heard = { ...command, issuers: withRole(command.issuers, permit) }
  const unfit = staleness(rules, command, situation) ?? shortOfQuorum(rules, heard, permit)
  if (unfit !== null) return unfit
  for (const rule of inOrder(rules)) {
    const objection = governs(rule, verb) ? kindOf(rule).objects(rule, heard, situation, rules) : null
    if (objection !== null) return refuse(rule.id, objection)
  }
  return allow(`permit.${verb}`, `${verb} is permitted and no rule objects`)
}

/** Fresh is what is surely not over by our clock, and will be soon. */
function staleness(rules: RuleSet, { notAfterMs }: Command, { clock }: Situation): Decision | null {
  const { wallMs, errorMs } = clock
  if (errorMs === null)
    return refuse(
      'core.clock',
      'the clock is not trusted, so nobody can say whether the command is still meant',
    )
  if (!(wallMs + errorMs <= notAfterMs)) return late(wallMs, notAfterMs)
  const leftMs = notAfterMs - wallMs
  if (leftMs <= rules.lifeMaxMs + errorMs) return null
  return refuse(
    'core.long-lived',
    `the command is good for another ${leftMs} ms; at most ${rules.lifeMaxMs} are taken, so that it is no use to whoever records it`,
  )
}

const late = (wallMs: number, notAfterMs: number): Decision =>
  refuse(
    'core.expired',
    `the command ended ${wallMs - notAfterMs} ms ago, give or take the error of the clock; send it anew`,
  )

const withRole = (issuers: Command['issuers'], { roles }: Permit): Command['issuers'] =>
  roles === undefined ? issuers : issuers.filter(issuer => issuer.roles.some(role => roles.includes(role)))

function shortOfQuorum({ quorumMs }: RuleSet, { verb, issuers }: Command, permit: Permit): Decision | null {
  const agreed = agreeing(issuers, quorumMs)
  if (agreed >= permit.issuers) return null
  const who = permit.roles === undefined ? '' : ` with the role ${permit.roles.join(' or ')}`
  return refuse(
    `permit.${verb}`,
    `${verb} takes ${permit.issuers} issuers${who} within ${quorumMs} ms of each other; ${agreed} agreed`,
  )
}

const governs = (rule: Rule, verb: string): boolean =>
  (rule.verbs ?? kindOf(rule).verbs).some(governed => governed === verb)

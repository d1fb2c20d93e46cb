import type { AgentId } from '../../ports.ts'
import type { Role } from '../roles.ts'
import type { AirPoint } from './situation.ts'

/**
 * What any vehicle can do to become safe. These are carried out for every authorised issuer, whatever the rules
 * say, whatever is not known, and also when the rules themselves are broken.
 */
export const SAFE_VERBS = ['hold', 'land', 'return'] as const
export type SafeVerb = (typeof SAFE_VERBS)[number]

/** What is refused unless a rule set permits it. `kill` stops the motors, in the air too. */
export const RULED_VERBS = ['start', 'abort', 'goto', 'kill'] as const
export type RuledVerb = (typeof RULED_VERBS)[number]

type CommandVerb = SafeVerb | RuledVerb

export const isSafeVerb = (verb: string): verb is SafeVerb => SAFE_VERBS.some(safe => safe === verb)

/** One who signed the command, and whom the role table lets say this verb. */
export interface Issuer {
  readonly agent: AgentId
  readonly roles: readonly Role[]
  /** When it signed, by its own clock: ms since 1970. */
  readonly issuedMs: number
}

/**
 * A command whose signatures and roles are checked already. When several sign the same command one after the other,
 * it comes with all of them, and with the earliest `notAfterMs` of theirs.
 */
export interface Command {
  readonly verb: CommandVerb
  /** Where to; null for a verb that goes nowhere, or for a start whose mission knows its own way. */
  readonly target: AirPoint | null
  readonly issuers: readonly Issuer[]
  /** The last moment at which it may be carried out: ms since 1970. */
  readonly notAfterMs: number
  /** Makes it unique. The rules don't look at it: whoever carries commands out refuses one it has seen. */
  readonly nonce: string
}

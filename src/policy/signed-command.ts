import type { AgentId } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'
import { RULED_VERBS, type RuledVerb, SAFE_VERBS, type SafeVerb } from './rules/command.ts'

/** Everything that a vehicle can be commanded, over the network or by its own API. */
export const COMMAND_VERBS = [...SAFE_VERBS, ...RULED_VERBS] as const
export type CommandVerb = SafeVerb | RuledVerb

/** No command is good for longer, so that a recorded one is soon worth nothing. */
export const COMMAND_LIFE_MAX_MS = 30_000

/** Where to: degrees x 1e7, millimetres above the WGS84 ellipsoid. */
export interface CommandPoint {
  readonly latE7: number
  readonly lonE7: number
  readonly altMm: number
}

/** What one author tells one vehicle, signed by the author. */
export interface SignedCommand {
  readonly author: AgentId
  readonly target: AgentId
  readonly verb: CommandVerb
  /** Null for every verb but `goto`. */
  readonly point: CommandPoint | null
  /** When it was signed and when it ends, by the author's clock: ms since 1970, at most COMMAND_LIFE_MAX_MS apart. */
  readonly issuedMs: number
  readonly notAfterMs: number
  /** 32 hex digits; unique among the author's commands. */
  readonly nonce: string
  readonly bytes: Uint8Array
}

/**
 * `allow`: it is being carried out. `refuse`: it was not and will not be. `wait`: not yet, as others must agree; its
 * voice counts until the time for that is over.
 */
export const COMMAND_DECISIONS = ['allow', 'wait', 'refuse'] as const
export type CommandDecision = (typeof COMMAND_DECISIONS)[number]

/** What a vehicle says became of a command, signed by the vehicle. */
export interface CommandAck {
  readonly target: AgentId
  readonly author: AgentId
  readonly nonce: string
  readonly decision: CommandDecision
  /** The rule that decided. */
  readonly rule: string
  /** For a person. */
  readonly reason: string
  /** When it was decided, by the vehicle's clock. */
  readonly hlc: Hlc
  readonly bytes: Uint8Array
}

/** Names a command among all commands of all authors. */
export const commandKey = ({ author, nonce }: Pick<SignedCommand, 'author' | 'nonce'>): string =>
  `${author} ${nonce}`

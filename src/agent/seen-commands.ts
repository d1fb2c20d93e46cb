import {
  COMMAND_LIFE_MAX_MS,
  type CommandAck,
  commandKey,
  type SignedCommand,
} from '../policy/signed-command.ts'
import type { AgentId } from '../ports.ts'

/** Commands remembered: of one author at its highest rate those of half an hour. */
const COMMANDS_MAX = 4_096
const AUTHORS_MAX = 1_024
/** For so long, by the monotonic clock, no command is forgotten: its whole life, and as much for clocks that differ. */
const KEPT_US = 2 * COMMAND_LIFE_MAX_MS * 1_000
/** Answers that one command is good for: one while others are waited for, one when it is decided, and lost ones. */
const ANSWERS_MAX = 4

/** A command that came by, and where answers to it go. */
export interface SeenCommand {
  readonly command: SignedCommand
  /** Who handed it to us. */
  readonly from: AgentId
  /** The last answer that came by. */
  ack: CommandAck | null
  answersLeft: number
  readonly seenUs: number
}

/**
 * The commands seen, so that none is carried out or handed on twice, whatever becomes of clocks. Of what is forgotten
 * one stamp per author is kept: whatever was signed up to then counts as seen. What may still be carried out is not forgotten.
 */
export class SeenCommands {
  readonly #seen = new Map<string, SeenCommand>()
  readonly #forgottenMs = new Map<AgentId, number>()

  get size(): number {
    return this.#seen.size
  }

  get(command: Pick<SignedCommand, 'author' | 'nonce'>): SeenCommand | undefined {
    return this.#seen.get(commandKey(command))
  }

  /** Whether it may be one of those that are forgotten. */
  isForgotten({ author, issuedMs }: SignedCommand): boolean {
    return issuedMs <= (this.#forgottenMs.get(author) ?? Number.NEGATIVE_INFINITY)
  }

  /** Remembers a command. False: no room, for all that are remembered may still be valid; then it is not to be done. */
  add(command: SignedCommand, from: AgentId, nowUs: number): boolean {
    if (!this.#makeRoom(nowUs)) return false
    const seen = { command, from, ack: null, answersLeft: ANSWERS_MAX, seenUs: nowUs }
    this.#seen.set(commandKey(command), seen)
    return true
  }

  #makeRoom(nowUs: number): boolean {
    if (this.#seen.size < COMMANDS_MAX) return true
    const [oldest] = this.#seen
    if (oldest === undefined || nowUs - oldest[1].seenUs < KEPT_US) return false
    this.#seen.delete(oldest[0])
    this.#forget(oldest[1].command)
    return true
  }

  #forget({ author, issuedMs }: SignedCommand): void {
    const beforeMs = this.#forgottenMs.get(author) ?? issuedMs
    this.#forgottenMs.delete(author)
    this.#forgottenMs.set(author, Math.max(beforeMs, issuedMs))
    const oldest = this.#forgottenMs.keys().next().value
    if (this.#forgottenMs.size > AUTHORS_MAX && oldest !== undefined) this.#forgottenMs.delete(oldest)
  }
}

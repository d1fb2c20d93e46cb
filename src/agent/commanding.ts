import type { Credential } from '../policy/certificate.ts'
import { isSafeVerb } from '../policy/rules/command.ts'
import type { CommandAck, CommandPoint, CommandVerb, SignedCommand } from '../policy/signed-command.ts'
import type { AgentId, Now } from '../ports.ts'
import type { Stamper } from '../time/stamper.ts'
import { Allowances } from './allowance.ts'
import type { CommandFate } from './counters.ts'
import { DurableDeeds } from './durable-deeds.ts'
import { type Executor, type Outcome, orderOf } from './executor.ts'
import type { CommandMessage, Effect } from './interface.ts'
import { PeerLines } from './peer-lines.ts'
import { SeenCommands } from './seen-commands.ts'
import type { TrustPort } from './trust-port.ts'
import type { Trusting, TrustingParts } from './trusting.ts'

/** What one author may say to one vehicle, and across one node to others: a whole fleet at once. */
const OWN_RATE = [1, 20] as const
const FORWARD_RATE = [1, 100] as const
/** The same of who may not command at all, by whoever brings it, for authors cost nothing: enough to be told so. */
const STRANGER_RATE = [0.1, 5] as const
const STRANGER_ALL_RATE = [0.5, 20] as const
/** Of all authors together: no node may make its peers drop it for what others say (sync/streams.ts). */
const FORWARD_ALL_RATE = [2, 120] as const
/** A safe order waits no longer than this for a disk that is slow or full. */
const URGENT_US = 500_000
/** Own commands remembered, to answer whoever asks again. */
const OWN_MAX = 1_024

/** What an operator wants a vehicle to do. */
export interface CommandDraft {
  readonly target: AgentId
  readonly verb: CommandVerb
  readonly point: CommandPoint | null
  /** How long it is good for, 1 to 30,000 ms. */
  readonly ttlMs: number
  /** 32 hex digits. The same again is the same command again. */
  readonly nonce: string
}

/**
 * `role`: this agent may not say so. `alone`: no peer to send it to. `rate`: more than others may be asked to hand on.
 * `nonce`: used for another one. `log`: the disk has no room.
 */
type SendRefusal = 'role' | 'alone' | 'rate' | 'nonce' | 'log'

export interface Sending {
  /** Why it was certainly not sent; null = it was, or will be as soon as that is logged. */
  readonly refused: { readonly code: SendRefusal; readonly reason: string } | null
  /** The answer, if it is known already. */
  readonly ack: CommandAck | null
  readonly effects: readonly Effect[]
}

interface OwnCommand {
  readonly command: SignedCommand
  ack: CommandAck | null
}

export interface CommandingParts extends TrustingParts {
  readonly stamper: Stamper
  readonly trusting: Trusting
  readonly executor: Executor
}

/**
 * Commands: of our own on their way out, of others for our vehicle, and of others for others. A command is signed by
 * its author, so anyone hands it on; the answer is signed by the vehicle and goes back the way the command came.
 */
export class Commanding {
  readonly #parts: CommandingParts
  readonly #port: TrustPort
  readonly #seen = new SeenCommands()
  readonly #own = new Map<string, OwnCommand>()
  readonly #deeds = new DurableDeeds()
  readonly #toUs = new Allowances(...OWN_RATE)
  readonly #toOthers = new Allowances(...FORWARD_RATE)
  readonly #strangers = new Allowances(...STRANGER_RATE)
  readonly #allStrangers = new Allowances(...STRANGER_ALL_RATE)
  readonly #all = new Allowances(...FORWARD_ALL_RATE)
  readonly #lines = new PeerLines()

  constructor(parts: CommandingParts, port: TrustPort) {
    this.#parts = parts
    this.#port = port
  }

  /** Signs a command and sends it: to its vehicle if that is a peer, else to all peers. */
  send(draft: CommandDraft, now: Now): Sending {
    const { trusting, config } = this.#parts
    const { target, verb, nonce } = draft
    const known = this.#own.get(nonce)
    if (known !== undefined && !isSame(known.command, draft))
      return notSent('nonce', 'this nonce was used for another command')
    if (!trusting.may(config.agent, 'command', verb, now)) {
      const { roles } = trusting.own.certificate
      return notSent('role', `a ${roles.join(' and ')} may not say ${verb}, or the certificate has ended`)
    }
    if (known?.ack != null) return { refused: null, ack: known.ack, effects: [] }
    const { peers } = trusting
    const isDirect = target === config.agent || peers.includes(target)
    if (!isDirect && peers.length === 0) return notSent('alone', 'this node is connected to nobody')
    if (!isDirect && !this.#all.take('', now.monoUs))
      return notSent('rate', 'too many at once to vehicles that only others reach')
    if (known !== undefined) return { refused: null, ack: null, effects: this.#dispatch(known.command, now) }
    return this.#sendNew(draft, now)
  }

  receive(from: AgentId, message: CommandMessage, now: Now): readonly Effect[] {
    const { trusting, config } = this.#parts
    // Our own, on another way round.
    if (message.t === 'command' && message.command.author === config.agent) return []
    if (!trusting.may(from, 'stream', 'hand-on-command', now) && !this.#answersForItself(from, message, now))
      return []
    if (message.t === 'command-ack') return this.#hearAck(message.ack, now)
    this.#learn(message.credential, now)
    const { command } = message
    return command.target === config.agent
      ? this.#execute(from, command, now)
      : this.#forward(from, command, now)
  }

  /** Whose certificate has just ended is still commanded to land, and has to say that it does. */
  #answersForItself(from: AgentId, message: CommandMessage, now: Now): boolean {
    if (message.t !== 'command-ack' || message.ack.target !== from) return false
    const { clock, trusting } = this.#parts
    return trusting.membership.standing(from, clock.read(now)) === 'grace'
  }

  /** An event is durable: what waited for it is done. */
  durable(seq: number, now: Now): readonly Effect[] {
    return this.#deeds.durable(seq, now)
  }

  /** Once a second. */
  tick(now: Now): readonly Effect[] {
    return this.#deeds.overdue(now)
  }

  #sendNew({ target, verb, point, ttlMs, nonce }: CommandDraft, now: Now): Sending {
    const { clock, config } = this.#parts
    const issuedMs = Math.floor(clock.read(now))
    const author = config.agent
    const notAfterMs = issuedMs + ttlMs
    const command = this.#port.sealCommand({ author, target, verb, point, issuedMs, notAfterMs, nonce })
    const data = { verb, point: pointData(point), nonce, notAfterMs, command: command.bytes }
    const draft = { type: 'command.sent', subject: target, data }
    const effects = this.#logged(draft, isSafeVerb(verb), later => this.#dispatch(command, later), now)
    if (effects === null) return notSent('log', 'too much waits for the disk')
    this.#own.set(nonce, { command, ack: null })
    const oldest = this.#own.keys().next().value
    if (this.#own.size > OWN_MAX && oldest !== undefined) this.#own.delete(oldest)
    return { refused: null, ack: null, effects }
  }

  /** Sends a command of our own. */
  #dispatch(command: SignedCommand, now: Now): readonly Effect[] {
    const { trusting, config } = this.#parts
    if (command.target === config.agent) return this.#execute(config.agent, command, now)
    return this.#towards(command, trusting.own, [])
  }

  /** To the vehicle itself if it is a peer; else to all, and each of them knows others. */
  #towards(
    command: SignedCommand,
    credential: Credential | null,
    except: readonly AgentId[],
  ): readonly Effect[] {
    const { peers } = this.#parts.trusting
    const { target } = command
    const to = peers.includes(target) ? [target] : peers.filter(peer => !except.includes(peer))
    const message = { t: 'command', command, credential } as const
    return to.map(peer => ({ t: 'send', to: peer, message }) as const)
  }

  /** A command for the own vehicle. */
  #execute(from: AgentId, command: SignedCommand, now: Now): readonly Effect[] {
    const seen = this.#seen.get(command)
    if (seen !== undefined) {
      this.#count(command, 'repeat')
      // Whoever asks again may have missed the answer.
      return seen.ack === null ? [] : this.#answerAgain(seen.ack, from, now)
    }
    const { trusting, executor } = this.#parts
    if (!trusting.may(command.author, 'command', command.verb, now)) return this.#rebuff(from, command, now)
    if (!this.#toUs.take(command.author, now.monoUs)) return this.#drop(from, command, 'too many', now)
    const isForgotten = this.#seen.isForgotten(command)
    if (!this.#seen.add(command, from, now.monoUs)) return this.#drop(from, command, 'too many', now)
    return this.#settle(command, isForgotten ? FORGOTTEN(command) : executor.judge(command, now), now)
  }

  /** A command by who may not command: answered a few times, and not remembered, or it would push out what counts. */
  #rebuff(from: AgentId, command: SignedCommand, now: Now): readonly Effect[] {
    const isHeard = this.#strangers.take(from, now.monoUs) && this.#allStrangers.take('', now.monoUs)
    if (!isHeard) return this.#drop(from, command, 'too many', now)
    const { decision, rule, reason } = this.#parts.executor.judge(command, now)
    const ack = this.#seal(command, { decision, rule, reason }, now)
    const answered = ack.author === ack.target ? this.#hearOwnAck(ack, now) : this.#back(ack, from)
    this.#count(command, decision)
    this.#tell(from, command, 'its author may not', now)
    return answered
  }

  /** Logs what was decided; once that is durable, it is done and answered. */
  #settle(command: SignedCommand, outcome: Outcome, now: Now): readonly Effect[] {
    const { rules } = this.#parts.executor
    const { decision, rule, reason, answers } = outcome
    this.#count(command, decision)
    const data = {
      verb: command.verb,
      point: pointData(command.point),
      authors: answers.map(({ author }) => author),
      nonce: command.nonce,
      decision,
      allow: decision === 'allow',
      rule,
      reason,
      rules: rules?.name ?? null,
      revision: rules?.revision ?? null,
      commands: answers.map(({ bytes }) => bytes),
    }
    const isUrgent = isSafeVerb(command.verb)
    const draft = { type: 'command.decided', subject: command.author, data }
    const deed = (later: Now) => this.#do(command, outcome, later)
    const effects = this.#logged(draft, isUrgent, deed, now)
    if (effects !== null) return effects
    return this.#answer({ ...outcome, decision: 'refuse', rule: 'core.log', reason: NO_LOG }, now)
  }

  #do(command: SignedCommand, outcome: Outcome, now: Now): readonly Effect[] {
    const order = outcome.decision === 'allow' ? orderOf(command) : null
    if (order === null) return this.#answer(outcome, now)
    if (!isSafeVerb(command.verb) && this.#parts.executor.isSurelyLate(command, now)) {
      const reason = 'it ended while its decision waited for the disk'
      return this.#settle(command, { ...outcome, decision: 'refuse', rule: 'core.expired', reason }, now)
    }
    const reason = `${command.author} commands it`
    return [{ t: 'actuate', reason, ...order }, ...this.#answer(outcome, now)]
  }

  #seal({ author, nonce }: SignedCommand, answer: Omit<Outcome, 'answers'>, now: Now): CommandAck {
    const { config, clock, stamper } = this.#parts
    const { decision, rule, reason } = answer
    const hlc = stamper.next(clock.read(now))
    return this.#port.sealAck({ target: config.agent, author, nonce, decision, rule, reason, hlc })
  }

  #answer(outcome: Outcome, now: Now): readonly Effect[] {
    return outcome.answers.flatMap(command => {
      const ack = this.#seal(command, outcome, now)
      if (ack.author === ack.target) return this.#hearOwnAck(ack, now)
      const seen = this.#seen.get(ack)
      if (seen === undefined) return []
      seen.ack = ack
      return this.#back(ack, seen.from)
    })
  }

  #answerAgain(ack: CommandAck, from: AgentId, now: Now): readonly Effect[] {
    const seen = this.#seen.get(ack)
    if (ack.author === this.#parts.config.agent) return this.#hearOwnAck(ack, now)
    if (seen === undefined || seen.answersLeft === 0) return []
    seen.answersLeft--
    return this.#back(ack, from)
  }

  /** The way a command came; if that is cut, every way. */
  #back(ack: CommandAck, from: AgentId): readonly Effect[] {
    const { peers } = this.#parts.trusting
    const to = peers.includes(from) ? [from] : peers.filter(peer => peer !== ack.target)
    return to.map(peer => ({ t: 'send', to: peer, message: { t: 'command-ack', ack } }) as const)
  }

  #hearAck(ack: CommandAck, now: Now): readonly Effect[] {
    const { agent } = this.#parts.config
    if (ack.author === agent) return this.#hearOwnAck(ack, now)
    const seen = this.#seen.get(ack)
    if (seen === undefined || seen.command.target !== ack.target || ack.target === agent) return []
    if (seen.answersLeft === 0 || seen.ack?.hlc === ack.hlc) return []
    seen.ack = ack
    seen.answersLeft--
    return this.#back(ack, seen.from)
  }

  #hearOwnAck(ack: CommandAck, now: Now): readonly Effect[] {
    const own = this.#own.get(ack.nonce)
    if (own === undefined || own.command.target !== ack.target || own.ack?.hlc === ack.hlc) return []
    // What was decided for good is not undone by an answer that comes late; and that it waits is said once.
    if (own.ack !== null && (own.ack.decision !== 'wait' || ack.decision === 'wait')) return []
    own.ack = ack
    const { nonce, decision, rule, reason, target, bytes } = ack
    const data = { nonce, decision, rule, reason, ack: bytes }
    this.#parts.journal.append({ type: 'command.answered', subject: target, data }, now)
    return [{ t: 'answered', ack }]
  }

  /** A command for somebody else: handed on once, unless its author may not or says too much. */
  #forward(from: AgentId, command: SignedCommand, now: Now): readonly Effect[] {
    if (this.#seen.get(command) !== undefined || this.#seen.isForgotten(command)) return []
    const { trusting, executor } = this.#parts
    const { author, verb } = command
    if (!trusting.may(author, 'command', verb, now))
      return this.#drop(from, command, 'its author may not', now)
    if (executor.isSurelyLate(command, now)) return this.#drop(from, command, 'too late', now)
    if (!this.#toOthers.take(author, now.monoUs) || !this.#all.take('', now.monoUs))
      return this.#drop(from, command, 'too many', now)
    if (!this.#seen.add(command, from, now.monoUs)) return this.#drop(from, command, 'too many', now)
    this.#count(command, 'forward')
    return this.#towards(command, trusting.membership.credential(author) ?? null, [from, author])
  }

  #drop(from: AgentId, command: SignedCommand, why: string, now: Now): readonly Effect[] {
    this.#count(command, 'drop')
    this.#tell(from, command, why, now)
    return []
  }

  /** Says in the log what was not done, a few times for whoever brings it. */
  #tell(from: AgentId, command: SignedCommand, why: string, now: Now): void {
    const { author, target, verb, nonce } = command
    const suppressed = this.#lines.take(from, now.monoUs)
    if (suppressed === null) return
    const data = { target, verb, nonce, why, suppressed }
    this.#parts.journal.append({ type: 'command.dropped', subject: author, data }, now)
  }

  #learn(credential: Credential | null, now: Now): void {
    if (credential === null) return
    const { membership } = this.#parts.trusting
    const { agent, serial } = credential.certificate
    const known = membership.credential(agent)
    if (known !== undefined && known.certificate.serial >= serial) return
    membership.admit(credential, agent, this.#parts.clock.read(now))
  }

  /** Writes an event and does `deed` once it is durable. Null: the disk has no room for it, and nothing is urgent. */
  #logged(
    draft: Parameters<TrustingParts['journal']['append']>[0],
    isUrgent: boolean,
    deed: (now: Now) => readonly Effect[],
    now: Now,
  ): readonly Effect[] | null {
    const seq = this.#parts.journal.append(draft, now)
    if (seq === null) return isUrgent ? deed(now) : null
    this.#deeds.add(seq, deed, isUrgent ? now.monoUs + URGENT_US : null)
    return []
  }

  #count({ verb }: SignedCommand, fate: CommandFate): void {
    this.#parts.counters.commands[verb][fate]++
  }
}

const NO_LOG = 'too much waits for the disk, and what is not logged is not done'

const FORGOTTEN = (command: SignedCommand): Outcome => ({
  decision: 'refuse',
  rule: 'core.replayed',
  reason: 'it is older than others of its author that are forgotten, and may be one of them',
  answers: [command],
})

const notSent = (code: SendRefusal, reason: string): Sending => ({
  refused: { code, reason },
  ack: null,
  effects: [],
})

const pointData = (point: CommandPoint | null) => point && { ...point }

function isSame(command: SignedCommand, { target, verb, point, ttlMs }: CommandDraft): boolean {
  const { latE7, lonE7, altMm } = command.point ?? {}
  return (
    command.target === target &&
    command.verb === verb &&
    command.notAfterMs - command.issuedMs === ttlMs &&
    latE7 === point?.latE7 &&
    lonE7 === point?.lonE7 &&
    altMm === point?.altMm
  )
}

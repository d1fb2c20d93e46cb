import { randomBytes } from 'node:crypto'
import { publicKeyOf } from '../../protocols/identity/agent-id.ts'
import type { Agent } from '../../src/agent/agent.ts'
import type { CommandAck } from '../../src/policy/signed-command.ts'
import type { AgentId } from '../../src/ports.ts'
import { hlcMs } from '../../src/time/hlc.ts'
import type { CommandAnswer, CommandRequest } from '../interface.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { CommandRefusedError, CommandUnknownError } from './command-error.ts'

const ANSWER_WITHIN_MS = 5_000

/** Where operators command vehicles: sends what they ask, as this node, and waits for the vehicle's answer. */
export class CommandDesk {
  readonly #agent: Agent
  readonly #runtime: Runtime
  readonly #known: () => readonly AgentId[]
  /** Who waits for the answer to which nonce. */
  readonly #waiting = new Map<string, Set<(ack: CommandAck) => void>>()

  /** `known`: whom the node has heard of, also of others. */
  constructor(agent: Agent, runtime: Runtime, known: () => readonly AgentId[]) {
    this.#agent = agent
    this.#runtime = runtime
    this.#known = known
  }

  /** Throws CommandRefusedError: certainly not sent; CommandUnknownError: no answer in time. */
  async command(request: CommandRequest, signal?: AbortSignal): Promise<CommandAnswer> {
    const target = this.#targetOf(request.target)
    const { verb, point = null, ttlMs, nonce = randomBytes(16).toString('hex') } = request
    if (!/^[0-9a-f]{32}$/.test(nonce))
      throw new CommandRefusedError('nonce', 'a nonce is 32 hex digits, in lower case')
    const waiting = this.#answerTo(nonce, signal)
    try {
      const { refused, ack } = this.#runtime.command({ target, verb, point, ttlMs, nonce })
      if (refused !== null) throw new CommandRefusedError(refused.code, refused.reason)
      return answerOf(ack ?? (await waiting.ack))
    } finally {
      waiting.end()
    }
  }

  answered(ack: CommandAck): void {
    for (const tell of this.#waiting.get(ack.nonce) ?? []) tell(ack)
  }

  /** By id, of whom this node has met or heard of; or by name, as certificates say it and nobody else. */
  #targetOf(text: string): AgentId {
    const { trusting, config } = this.#agent
    if (trusting === null) throw new CommandRefusedError('open-swarm', 'an open swarm takes no commands')
    const { membership } = trusting
    if (text === config.agent || membership.credential(text) !== undefined) return text
    // Of whom it has only heard, it may have heard anything.
    if (this.#known().includes(text) && publicKeyOf(text) !== null) return text
    const named = [...membership.certificates()].filter(({ name }) => name === text).map(({ agent }) => agent)
    const [first] = named
    if (first === undefined)
      throw new CommandRefusedError(
        'unknown-target',
        `this node has no certificate of a member '${text}': is the name right? By its id it can be commanded all the same`,
      )
    if (named.length === 1) return first
    const who = named.join(', ')
    throw new CommandRefusedError('ambiguous-target', `several members are called '${text}': ${who}`)
  }

  #answerTo(nonce: string, signal?: AbortSignal) {
    const { promise: ack, resolve, reject } = Promise.withResolvers<CommandAck>()
    // Whoever does not come to wait for it must not bring the process down.
    ack.catch(() => {})
    const late = () => reject(new CommandUnknownError(nonce, ANSWER_WITHIN_MS))
    const timer = setTimeout(late, ANSWER_WITHIN_MS)
    signal?.addEventListener('abort', late, { once: true })
    const tellers = this.#waiting.get(nonce) ?? new Set()
    this.#waiting.set(nonce, tellers.add(resolve))
    return {
      ack,
      end: () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', late)
        tellers.delete(resolve)
        if (tellers.size === 0) this.#waiting.delete(nonce)
      },
    }
  }
}

const answerOf = ({ target, nonce, decision, rule, reason, hlc }: CommandAck): CommandAnswer => ({
  target,
  nonce,
  decision,
  rule,
  reason,
  at: new Date(hlcMs(hlc)).toISOString(),
})

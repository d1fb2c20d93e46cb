import type { Agent } from '../../src/agent/agent.ts'
import type { CommandDraft, Sending } from '../../src/agent/commanding.ts'
import type { Effect, Input, PeerMessage, Shown } from '../../src/agent/interface.ts'
import type { VehicleOrder } from '../../src/agent/vehicle.ts'
import { EventRefusedError } from '../../src/eventlog/errors.ts'
import type { EventDraft, HashedEvent } from '../../src/eventlog/event.ts'
import type { Judgement } from '../../src/policy/admission.ts'
import type { Credential } from '../../src/policy/certificate.ts'
import type { RevocationList } from '../../src/policy/revocations.ts'
import type { CommandAck } from '../../src/policy/signed-command.ts'
import type { AgentId, CellId, Now, StoreOp, WriteToken } from '../../src/ports.ts'
import type { Position, SignedPosition } from '../../src/position/position.ts'

/** What the runtime moves things with. */
export interface RuntimePorts {
  readonly now: () => Now
  /** Resolves once the ops are on disk; with `sync`, once a power cut can't take them back. */
  readonly write: (ops: readonly StoreOp[], sync: boolean) => Promise<void>
  readonly seal: (position: Position, cell: CellId) => SignedPosition
  readonly publish: (signed: SignedPosition) => void
  readonly subscribe: (cell: CellId) => void
  readonly unsubscribe: (cell: CellId) => void
  readonly send: (to: AgentId, message: PeerMessage) => void
  /** Tells a peer why, and lets go of it. */
  readonly expel: (peer: AgentId, reason: string) => void
  /** Gives the vehicle an order that goes before all others. */
  readonly actuate: (order: VehicleOrder, reason: string) => void
  /** A vehicle answered a command that was sent from here. */
  readonly onAnswer: (ack: CommandAck) => void
  readonly onEvent: (event: HashedEvent) => void
  /** The agent asserted something that does not hold: the node must stop. */
  readonly onFatal: (error: Error) => void
}

type Verdict = Extract<Effect, { t: 'verdict' }>
type Admission = Extract<Effect, { t: 'admission' }>
/** What an input asked, answered at once. */
type Answer = Verdict | Admission
type Deed = Exclude<Effect, Answer>

interface Waiter {
  readonly resolve: (event: HashedEvent) => void
  readonly reject: (error: Error) => void
}

/**
 * Drives one agent in real time: hands it what happens, does what it asks, and holds back whatever waits for a
 * write until that write is durable. All of it in one thread, one input at a time.
 */
export class Runtime {
  readonly agent: Agent
  readonly #ports: RuntimePorts
  readonly #held = new Map<WriteToken, Deed[]>()
  /** Who waits for an event to be durable, by its seq. */
  readonly #waiters = new Map<number, Waiter>()
  readonly #inFlight = new Set<WriteToken>()
  #timer: NodeJS.Timeout | null = null
  #settled: (() => void) | null = null
  #state: 'running' | 'stopping' | 'stopped' = 'running'

  constructor(agent: Agent, ports: RuntimePorts) {
    this.agent = agent
    this.#ports = ports
  }

  /** Hands the agent an input; returns its verdict if the input was a report. */
  step(input: Input): Verdict | null {
    const answer = this.#step(input)
    return answer?.t === 'verdict' ? answer : null
  }

  /** Whether a peer is let in, by what it shows of itself. */
  admit(peer: AgentId, shown: Shown): Judgement {
    const answer = this.#step({ t: 'hello', peer, shown })
    if (answer?.t === 'admission') return answer.judgement
    return { refusal: 'missing', reason: 'this node is stopping' }
  }

  /** Shows a renewed certificate. Returns why it is not taken, or null. */
  renew(credential: Credential): string | null {
    if (this.#state !== 'running') return STOPPING
    const renewal = this.#act(() => this.agent.renew(credential, this.#ports.now()))
    return renewal === null ? FAILED : renewal.refused
  }

  /** Takes a revocation list from the operator; resolves once it is durable, and says whether it was news. */
  async revoke(list: RevocationList): Promise<boolean> {
    if (this.#state !== 'running') return false
    const { promise, resolve, reject } = Promise.withResolvers<HashedEvent>()
    const asked = this.#act(() => {
      const revoked = this.agent.revoke(list, this.#ports.now())
      if (revoked.seq !== null) this.#waiters.set(revoked.seq, { resolve, reject })
      return revoked
    })
    if (asked === null || asked.seq === null) return asked?.taken ?? false
    await promise
    return true
  }

  /** Sends a command, or says why it was certainly not sent; the answer comes to the port `onAnswer`. */
  command(draft: CommandDraft): Pick<Sending, 'refused' | 'ack'> {
    if (this.#state !== 'running') return { refused: { code: 'log', reason: STOPPING }, ack: null }
    const sending = this.#act(() => this.agent.command(draft, this.#ports.now()))
    if (sending === null) return { refused: { code: 'log', reason: FAILED }, ack: null }
    return { refused: sending.refused, ack: sending.ack }
  }

  /**
   * Adds an event to the log; resolves once it is synced.
   * @throws EventRefusedError if it could not be read back, if too much waits for the disk, or if the node stops first
   */
  async note(draft: EventDraft): Promise<HashedEvent> {
    if (this.#state !== 'running') throw new EventRefusedError(draft.type, STOPPING)
    const { promise, resolve, reject } = Promise.withResolvers<HashedEvent>()
    const noted = this.#act(() => {
      const asked = this.agent.note(draft, this.#ports.now())
      if (asked.seq !== null) this.#waiters.set(asked.seq, { resolve, reject })
      return asked
    })
    if (noted === null) throw new EventRefusedError(draft.type, FAILED)
    if (noted.seq === null)
      throw new EventRefusedError(draft.type, 'too much waits for the disk: see the disk check of /readyz')
    return await promise
  }

  /** Writes the last event and resolves when all is durable, or when `signal` says that it takes too long. */
  async stop(reason: string, signal: AbortSignal): Promise<void> {
    if (this.#state !== 'running') return
    this.step({ t: 'stop', data: { reason } })
    this.#state = 'stopping'
    if (!this.#isSettled() && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#settled = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
    }
    this.#end(STOPPING)
  }

  #step(input: Input): Answer | null {
    if (!this.#takes(input)) return null
    return this.#guarded(() => this.#performAll(this.agent.step(input, this.#ports.now()))) ?? null
  }

  /** A stopping agent still finishes its writes, and tries again those that failed. */
  #takes({ t }: Input): boolean {
    if (this.#state === 'running') return true
    return this.#state === 'stopping' && (t === 'tick' || t === 'written' || t === 'write-failed')
  }

  /** Asks the agent and does what follows; null if one of the two failed. Throws EventRefusedError: nothing changed. */
  #act<T extends { readonly effects: readonly Effect[] }>(ask: () => T): T | null {
    const answer = this.#guarded(() => {
      const asked = refusable(ask)
      if (!(asked instanceof EventRefusedError)) this.#performAll(asked.effects)
      return asked
    })
    if (answer instanceof EventRefusedError) throw answer
    return answer
  }

  /** Fail-stop: a core whose assertion failed, or a shell that can't do what it asks, must not act on. */
  #guarded<T>(work: () => T): T | null {
    try {
      return work()
    } catch (error) {
      this.#end(FAILED)
      this.#ports.onFatal(error instanceof Error ? error : new Error(String(error)))
      return null
    }
  }

  #end(why: string): void {
    this.#state = 'stopped'
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const { reject } of this.#waiters.values()) reject(new EventRefusedError('note', why))
    this.#waiters.clear()
    this.#settled?.()
  }

  #isSettled(): boolean {
    const { log } = this.agent.journal
    return this.#inFlight.size === 0 && log.durableHead.seq === log.head.seq
  }

  #performAll(effects: readonly Effect[]): Answer | null {
    let answer: Answer | null = null
    for (const effect of effects) {
      if (effect.t === 'verdict' || effect.t === 'admission') answer = effect
      else this.#perform(effect)
    }
    return answer
  }

  #perform(effect: Deed): void {
    if ('after' in effect && effect.after !== undefined && this.#inFlight.has(effect.after)) {
      this.#held.set(effect.after, [...(this.#held.get(effect.after) ?? []), effect])
      return
    }
    switch (effect.t) {
      case 'publish':
        this.#publish(effect.position, effect.cell)
        break
      case 'subscribe':
        this.#ports.subscribe(effect.cell)
        break
      case 'unsubscribe':
        this.#ports.unsubscribe(effect.cell)
        break
      case 'send':
        this.#ports.send(effect.to, effect.message)
        break
      case 'expel':
        this.#ports.expel(effect.peer, effect.reason)
        break
      case 'actuate':
        this.#ports.actuate(effect, effect.reason)
        break
      case 'answered':
        this.#ports.onAnswer(effect.ack)
        break
      case 'write':
        void this.#write(effect.token, effect.ops, effect.sync)
        break
      case 'wake':
        this.#wake(effect.atUs)
        break
      case 'event':
        this.#event(effect.event)
        break
    }
  }

  #publish(position: Position, cell: CellId): void {
    const signed = this.#ports.seal(position, cell)
    this.step({ t: 'position', from: this.agent.config.agent, signed })
    this.#ports.publish(signed)
  }

  async #write(token: WriteToken, ops: readonly StoreOp[], sync: boolean): Promise<void> {
    this.#inFlight.add(token)
    const failure = await this.#ports.write(ops, sync).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    this.#inFlight.delete(token)
    const held = this.#held.get(token) ?? []
    this.#held.delete(token)
    if (failure === null) {
      this.step({ t: 'written', token })
      this.#guarded(() => this.#performAll(held))
    } else {
      // What waited for this write must never happen; the agent asks again for what it still wants.
      this.step({ t: 'write-failed', token, reason: failure })
    }
    if (this.#isSettled()) this.#settled?.()
  }

  #wake(atUs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    // Timers cut to whole ms, and a tick before its time is ignored: it would take two of them.
    const inMs = Math.max(0, Math.ceil((atUs - this.#ports.now().monoUs) / 1000))
    this.#timer = setTimeout(() => this.step({ t: 'tick' }), inMs)
  }

  #event(event: HashedEvent): void {
    this.#waiters.get(event.event.seq)?.resolve(event)
    this.#waiters.delete(event.event.seq)
    this.#ports.onEvent(event)
  }
}

const STOPPING = 'the node is stopping: nothing is written any more'
const FAILED = 'the node has failed'

/** An event that could not be read back is the fault of whoever wrote it, not of the core. */
function refusable<T>(ask: () => T): T | EventRefusedError {
  try {
    return ask()
  } catch (error) {
    if (error instanceof EventRefusedError) return error
    throw error
  }
}

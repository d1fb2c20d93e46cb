import type { Agent } from '../../src/agent/agent.ts'
import type { Effect, Input, SyncMessage } from '../../src/agent/interface.ts'
import { EventRefusedError } from '../../src/eventlog/errors.ts'
import type { EventDraft, HashedEvent } from '../../src/eventlog/event.ts'
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
  readonly send: (to: AgentId, message: SyncMessage) => void
  readonly onEvent: (event: HashedEvent) => void
  /** The agent asserted something that does not hold: the node must stop. */
  readonly onFatal: (error: Error) => void
}

type Verdict = Extract<Effect, { t: 'verdict' }>

/**
 * Drives one agent in real time: hands it what happens, does what it asks, and holds back whatever waits for a
 * write until that write is durable. All of it in one thread, one input at a time.
 */
export class Runtime {
  readonly agent: Agent
  readonly #ports: RuntimePorts
  readonly #held = new Map<WriteToken, Effect[]>()
  readonly #waiters = new Map<number, (event: HashedEvent) => void>()
  readonly #inFlight = new Set<WriteToken>()
  #timer: NodeJS.Timeout | null = null
  #idle: (() => void) | null = null
  #stopped = false

  constructor(agent: Agent, ports: RuntimePorts) {
    this.agent = agent
    this.#ports = ports
  }

  /** Hands the agent an input; returns its verdict if the input was a report. */
  step(input: Input): Verdict | null {
    if (this.#stopped && input.t !== 'written' && input.t !== 'write-failed') return null
    let verdict: Verdict | null = null
    for (const effect of this.#safely(input)) {
      if (effect.t === 'verdict') verdict = effect
      else this.#perform(effect)
    }
    return verdict
  }

  /**
   * Adds an event to the log; resolves once it is synced.
   * @throws EventRefusedError if it could not be read back, or if too much waits for the disk already
   */
  async note(draft: EventDraft): Promise<HashedEvent> {
    if (this.#stopped)
      throw new EventRefusedError(draft.type, 'the node is stopping: nothing is written any more')
    const { log } = this.agent.journal
    const before = log.head.seq
    const effects = this.agent.step({ t: 'note', draft }, this.#ports.now())
    if (log.head.seq === before)
      throw new EventRefusedError(draft.type, 'too much waits for the disk: see the disk check of /readyz')
    // Its place in the chain is known before it is written.
    const durable = new Promise<HashedEvent>(resolve => void this.#waiters.set(log.head.seq, resolve))
    for (const effect of effects) if (effect.t !== 'verdict') this.#perform(effect)
    return await durable
  }

  /** Writes the last event and resolves when nothing is in flight, or when `signal` says that it takes too long. */
  async stop(reason: string, signal: AbortSignal): Promise<void> {
    this.step({ t: 'stop', data: { reason } })
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#inFlight.size === 0 || signal.aborted) return
    await new Promise<void>(resolve => {
      this.#idle = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #safely(input: Input): readonly Effect[] {
    try {
      return this.agent.step(input, this.#ports.now())
    } catch (error) {
      // Fail-stop: a core whose assertion failed must not act on.
      this.#stopped = true
      this.#ports.onFatal(error instanceof Error ? error : new Error(String(error)))
      return []
    }
  }

  #perform(effect: Exclude<Effect, Verdict>): void {
    if (effect.t === 'publish' && effect.after !== undefined && this.#inFlight.has(effect.after)) {
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
    try {
      await this.#ports.write(ops, sync)
      this.#inFlight.delete(token)
      this.step({ t: 'written', token })
      this.#release(token)
    } catch (error) {
      this.#inFlight.delete(token)
      // What waited for this write must never happen; the agent asks again for what it still wants.
      this.#held.delete(token)
      this.step({ t: 'write-failed', token, reason: error instanceof Error ? error.message : String(error) })
    }
    if (this.#inFlight.size === 0) this.#idle?.()
  }

  #release(token: WriteToken): void {
    const held = this.#held.get(token) ?? []
    this.#held.delete(token)
    for (const effect of held) if (effect.t !== 'verdict') this.#perform(effect)
  }

  #wake(atUs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const inMs = Math.max(0, (atUs - this.#ports.now().monoUs) / 1000)
    this.#timer = setTimeout(() => this.step({ t: 'tick' }), inMs)
  }

  #event(event: HashedEvent): void {
    this.#waiters.get(event.event.seq)?.(event)
    this.#waiters.delete(event.event.seq)
    this.#ports.onEvent(event)
  }
}

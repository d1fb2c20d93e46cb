import { agentIdOf } from '../../protocols/identity/agent-id.ts'
import type { Agent } from '../../src/agent/agent.ts'
import type { Effect, Input } from '../../src/agent/interface.ts'
import type { AgentId, CellId, Now, Random, Signer, WriteToken } from '../../src/ports.ts'
import type { Hlc } from '../../src/time/hlc.ts'
import type { SimDisk } from '../disk/disk.ts'
import { INPUT_KINDS } from '../kernel/events.ts'
import type { SimClock } from './clock.ts'

/** What the simulator knows of a report on its way. */
interface Report {
  readonly agent: AgentId
  /** The author by number. */
  readonly author: number
  readonly fullKey: boolean
}

/** An input on its way to a node, with the digest of what it says for the trace. Shared by all receivers. */
export interface Packet {
  readonly input: Input
  /** Place of the input's kind in `INPUT_KINDS`. */
  readonly kind: number
  readonly digest: number
  /** Null for whatever is no report. */
  readonly report: Report | null
}

/** Where a node's effects go: the simulated network, disk and timers, and those who watch. */
export interface NodeShell {
  publish(node: SimNode, effect: Effect & { t: 'publish' }): void
  subscribe(node: SimNode, cell: CellId): void
  unsubscribe(node: SimNode, cell: CellId): void
  send(node: SimNode, effect: Effect & { t: 'send' }): void
  write(node: SimNode, effect: Effect & { t: 'write' }): void
  /** The node wants a tick at this virtual time; earlier than any that is on its way. */
  tickAt(node: SimNode, atUs: number): void
  event(node: SimNode, effect: Effect & { t: 'event' }): void
  admission(node: SimNode, effect: Effect & { t: 'admission' }): void
  expel(node: SimNode, effect: Effect & { t: 'expel' }): void
  actuate(node: SimNode, effect: Effect & { t: 'actuate' }): void
  /** Called after each input. `heldBefore`: the stamp held of a report's author before it; 0 = none. */
  stepped(node: SimNode, packet: Packet, heldBefore: Hlc): void
  /** An effect with `after` is about to leave. */
  released(node: SimNode, after: WriteToken): void
}

/** Inputs a paused process has waiting in its sockets at most; what comes then is dropped, as a full buffer does. */
export const BACKLOG_MAX = 2_048
/** Effects held back for one write at most. */
export const HELD_MAX = 1_024

/** An input that is no report off the air. */
export function packetOf(input: Input, digest: number): Packet {
  return { input, kind: INPUT_KINDS.indexOf(input.t), digest, report: null }
}

const TICK = packetOf({ t: 'tick' }, 0)

/** The number of the life that each node lives. */
export type Lives = Int32Array

/** What a node is made of, besides its agent. */
export interface NodeParts {
  readonly lives: Lives
  readonly disk: SimDisk
  readonly clock: SimClock
  readonly signer: Signer
  readonly lot: Random
}

/** One simulated node: the real agent between a simulated disk, clock and network. */
export class SimNode {
  readonly index: number
  readonly id: AgentId
  readonly signer: Signer
  /** What the shell of this node leaves to chance. */
  readonly lot: Random
  readonly disk: SimDisk
  readonly clock: SimClock
  /** Starts so far, as the disk has it. */
  boot = 0
  agent: Agent | null = null
  /** Between the start of the process and that of the agent. */
  booting = false
  pausedUntilUs = 0
  /** Joined topics and since when. */
  readonly topics = new Map<CellId, number>()
  backlogDropped = 0
  readonly #lives: Lives
  #shell: NodeShell | null = null
  #backlog: Packet[] = []
  /** One bit for each author whose full key this life has heard. */
  readonly #knownKeys: Uint8Array
  #held = new Map<WriteToken, Effect[]>()
  /** When the agent wants its tick, and when the next tick event is due; infinite = none. */
  #wakeUs = Number.POSITIVE_INFINITY
  #tickUs = Number.POSITIVE_INFINITY

  constructor(index: number, parts: NodeParts) {
    this.index = index
    this.#lives = parts.lives
    this.id = agentIdOf(parts.signer.publicKey)
    this.signer = parts.signer
    this.lot = parts.lot
    this.disk = parts.disk
    this.clock = parts.clock
    this.#knownKeys = new Uint8Array((parts.lives.length + 7) >> 3)
  }

  /** Rises with every crash: timers and disk answers of an earlier life find no one. */
  get epoch(): number {
    return this.#lives[this.index] as number
  }

  get up(): boolean {
    return this.agent !== null
  }

  get backlog(): number {
    return this.#backlog.length
  }

  /** Effects waiting for a write. */
  get held(): number {
    let held = 0
    for (const effects of this.#held.values()) held += effects.length
    return held
  }

  /** Whether this life can tell whose report it is; one with the full key teaches it. */
  canName({ agent, author, fullKey }: Report): boolean {
    // Who is believed somewhere is known: spares a table that is in no cache, two misses a delivery.
    if (this.agent?.sharing.world.get(agent) !== undefined) return true
    const byte = author >> 3
    const bit = 1 << (author & 7)
    if (fullKey) this.#knownKeys[byte] = (this.#knownKeys[byte] as number) | bit
    return ((this.#knownKeys[byte] as number) & bit) !== 0
  }

  running(nowUs: number): boolean {
    return this.agent !== null && nowUs >= this.pausedUntilUs
  }

  /** Begins a life. */
  start(agent: Agent, shell: NodeShell, nowUs: number): void {
    this.booting = false
    this.#shell = shell
    this.clock.boot(nowUs)
    this.agent = agent
    this.handle(packetOf({ t: 'start', data: {} }, this.boot), nowUs)
  }

  /** Ends a life; only the disk stays. */
  kill(): void {
    this.#lives[this.index] = this.epoch + 1
    this.booting = false
    this.agent = null
    this.pausedUntilUs = 0
    this.topics.clear()
    this.#knownKeys.fill(0)
    this.#backlog = []
    this.#held.clear()
    this.#wakeUs = Number.POSITIVE_INFINITY
    this.#tickUs = Number.POSITIVE_INFINITY
  }

  /** Hands an input to the agent, or keeps it while the process is paused. */
  handle(packet: Packet, nowUs: number): void {
    if (nowUs >= this.pausedUntilUs) this.#step(packet, nowUs)
    else if (this.#backlog.length < BACKLOG_MAX) this.#backlog.push(packet)
    else this.backlogDropped++
  }

  /** Whoever operates the node asks something of its agent, if it runs. */
  act(ask: (agent: Agent, now: Now) => readonly Effect[], nowUs: number): void {
    const shell = this.#shell
    if (this.agent === null || shell === null || nowUs < this.pausedUntilUs) return
    this.#perform(ask(this.agent, this.clock.read(nowUs)), shell)
  }

  /** The pause is over: what came meanwhile first, then one tick. */
  resume(nowUs: number): void {
    if (this.agent === null || nowUs < this.pausedUntilUs) return
    const backlog = this.#backlog
    this.#backlog = []
    for (const packet of backlog) this.#step(packet, nowUs)
    this.tick(nowUs)
  }

  /** A tick event came: steps the agent if it is time, else asks again. */
  tick(nowUs: number): void {
    this.#tickUs = Number.POSITIVE_INFINITY
    if (nowUs < this.pausedUntilUs || this.#shell === null) return
    if (this.#wakeUs > nowUs) {
      this.#askForTick(this.#shell)
      return
    }
    this.#wakeUs = Number.POSITIVE_INFINITY
    this.#step(TICK, nowUs)
  }

  /** Write `token` is durable: lets out what waited for it. */
  release(token: WriteToken): void {
    const effects = this.#held.get(token)
    if (effects === undefined || this.#shell === null) return
    this.#held.delete(token)
    for (const effect of effects) this.#emit(effect, this.#shell)
  }

  #step(packet: Packet, nowUs: number): void {
    const shell = this.#shell
    const { agent } = this
    if (agent === null || shell === null) return
    const { report } = packet
    const { world } = agent.sharing
    const before = report === null ? 0 : (world.get(report.agent)?.signed.position.hlc ?? 0)
    const effects = agent.step(packet.input, this.clock.read(nowUs))
    shell.stepped(this, packet, before)
    this.#perform(effects, shell)
  }

  #perform(effects: readonly Effect[], shell: NodeShell): void {
    for (const effect of effects) {
      // Most steps answer with a verdict alone: nothing in the simulator forwards.
      if (effect.t === 'verdict') continue
      if (effect.t === 'wake') {
        this.#wakeUs = this.clock.atUs(effect.atUs)
        this.#askForTick(shell)
      } else this.#emit(effect, shell)
    }
  }

  #askForTick(shell: NodeShell): void {
    if (this.#wakeUs >= this.#tickUs) return
    this.#tickUs = this.#wakeUs
    shell.tickAt(this, this.#tickUs)
  }

  #emit(effect: Effect, shell: NodeShell): void {
    if ('after' in effect && effect.after !== undefined) {
      if (!this.disk.isDurable(effect.after)) {
        this.#hold(effect, effect.after)
        return
      }
      shell.released(this, effect.after)
    }
    if (effect.t === 'publish') shell.publish(this, effect)
    else if (effect.t === 'send') shell.send(this, effect)
    else if (effect.t === 'write') shell.write(this, effect)
    else if (effect.t === 'event') shell.event(this, effect)
    else if (effect.t === 'subscribe') shell.subscribe(this, effect.cell)
    else if (effect.t === 'unsubscribe') shell.unsubscribe(this, effect.cell)
    else if (effect.t === 'admission') shell.admission(this, effect)
    else if (effect.t === 'expel') shell.expel(this, effect)
    else if (effect.t === 'actuate') shell.actuate(this, effect)
  }

  #hold(effect: Effect, after: WriteToken): void {
    const waiting = this.#held.get(after)
    if (waiting === undefined) this.#held.set(after, [effect])
    else if (waiting.length < HELD_MAX) waiting.push(effect)
    else throw new Error(`node ${this.index} holds more than ${HELD_MAX} effects for write ${after}`)
  }
}

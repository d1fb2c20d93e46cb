import type { EventDraft } from '../eventlog/event.ts'
import type { Credential } from '../policy/certificate.ts'
import type { RevocationList } from '../policy/revocations.ts'
import { isSafeVerb } from '../policy/rules/command.ts'
import { DEFAULT_RULES } from '../policy/rules/default-rules.ts'
import type { RuleSet } from '../policy/rules/rule-set.ts'
import type { AgentId, Now, Random, Signer, WriteToken } from '../ports.ts'
import type { Belief } from '../position/belief.ts'
import type { SignedPosition } from '../position/position.ts'
import { ageMs, beliefOf, type Heard } from '../position/world.ts'
import { Stamper } from '../time/stamper.ts'
import { type ClockEvent, SwarmClock } from '../time/swarm-clock.ts'
import { type CommandDraft, Commanding, type Sending } from './commanding.ts'
import type { AgentConfig } from './config.ts'
import { type AgentCounters, zeroCounters } from './counters.ts'
import { Executor } from './executor.ts'
import { Guarding } from './guarding.ts'
import type { Effect, Input, PeerMessage, Recovered } from './interface.ts'
import { Journal } from './journal.ts'
import { OwnFlight } from './own-flight.ts'
import { PeerLines } from './peer-lines.ts'
import { Sharing } from './sharing.ts'
import { Syncing } from './syncing.ts'
import type { TrustPort } from './trust-port.ts'
import { Trusting } from './trusting.ts'
import type { VehicleFacts } from './vehicle.ts'

const REVIEW_INTERVAL_US = 1_000_000
const FORGET_INTERVAL_US = 10_000_000
/** A failed write is tried again after this, not at once: a full disk would spin. */
const RETRY_WRITE_US = 1_000_000
/** Slower than this on the ground is standing: a receiver's noise. */
const PARKED_CMS = 20
const PARKED_RECORD_MS = 60_000

/** A neighbour as believed at one moment. */
export interface Neighbor {
  readonly heard: Heard
  readonly belief: Belief
}

/** What the agent is built on. */
export interface AgentPorts {
  readonly random: Random
  readonly signer: Signer
  /** None = an open swarm: whoever knows its name may join. */
  readonly trust?: TrustPort | undefined
  /** What the vehicle is told and asked besides its fixes; none = it takes no orders. */
  readonly vehicle?: VehicleFacts | undefined
  /** What the vehicle may be commanded and must not do. Null = they could not be read: only what is safe. @default DEFAULT_RULES */
  readonly rules?: RuleSet | null | undefined
}

/**
 * One node of the swarm, without its network, disk, clock and vehicle: `step(input, now)` takes what happened
 * and returns what to do about it. Deterministic: the same inputs at the same times give the same effects.
 */
export class Agent {
  readonly config: AgentConfig
  readonly counters: AgentCounters = zeroCounters()
  readonly clock: SwarmClock
  readonly sharing: Sharing
  readonly syncing: Syncing
  readonly journal: Journal
  /** Null in an open swarm. */
  readonly trusting: Trusting | null
  /** Null in an open swarm, which takes no commands. */
  readonly commanding: Commanding | null
  readonly #flight: OwnFlight
  readonly #guarding: Guarding
  readonly #executor: Executor | null
  /** A hole or a flipped byte was found in the log at start. */
  readonly quarantined: boolean
  readonly #peerLines = new PeerLines()
  #nextReviewUs = 0
  #nextForgetUs = 0
  #recordedUs = Number.NEGATIVE_INFINITY
  #retryWriteUs = 0
  #stopped = false

  constructor(config: AgentConfig, ports: AgentPorts, recovered: Recovered) {
    this.config = config
    this.quarantined = recovered.quarantined
    this.clock = new SwarmClock(config.clockBoundMs)
    const stamper = new Stamper(config.clockBoundMs)
    const parts = { config, clock: this.clock, stamper, counters: this.counters }
    this.journal = new Journal({ ...parts, signer: ports.signer }, recovered)
    this.trusting =
      ports.trust === undefined
        ? null
        : new Trusting({ ...parts, journal: this.journal }, ports.trust, recovered.view.latest)
    this.sharing = new Sharing(parts)
    this.syncing = new Syncing(parts, this.sharing, ports.random.fork('sync'))
    const { rules = DEFAULT_RULES, vehicle = null, trust } = ports
    const { clockBoundMs } = config
    this.#flight = new OwnFlight({ sharing: this.sharing, clock: this.clock, clockBoundMs, vehicle })
    this.#guarding = new Guarding(rules, this.#flight, this.journal)
    const { trusting } = this
    const flight = this.#flight
    this.#executor =
      trusting && new Executor({ trusting, clock: this.clock, clockBoundMs, flight, rules, vehicle })
    this.commanding =
      trusting === null || trust === undefined || this.#executor === null
        ? null
        : new Commanding({ ...parts, journal: this.journal, trusting, executor: this.#executor }, trust)
  }

  step(input: Input, now: Now): readonly Effect[] {
    switch (input.t) {
      case 'position':
        return this.#hear(input.from, input.signed, now)
      case 'hello':
        return this.#withFlush(this.#trust().hello(input.peer, input.shown, now), now)
      case 'sync':
        return this.#receive(input.from, input.message, now)
      case 'written':
        return this.#written(input.token, now)
      case 'write-failed':
        this.journal.failed(input.token, input.reason)
        this.#retryWriteUs = now.monoUs + RETRY_WRITE_US
        return [{ t: 'wake', atUs: Math.min(this.#nextReviewUs, this.#retryWriteUs) }]
      case 'fix':
        this.#flight.fix(input.fix)
        return this.sharing.fix(input.fix, now, this.#maySpeak(now))
      case 'peer':
        return this.#peer(input, now)
      case 'note':
        return this.note(input.draft, now).effects
      case 'tick':
        return this.#tick(now)
      case 'start':
        this.#executor?.start(now)
        this.journal.append({ type: 'node.started', subject: '', data: input.data }, now)
        return [...this.#flush(now), ...this.#tick(now)]
      case 'stop':
        this.#stopped = true
        this.journal.append({ type: 'node.stopped', subject: '', data: input.data }, now)
        this.journal.close()
        return this.#flush(now)
    }
  }

  /** Logs what the shell saw; `seq` is its place in the log, null if too much waits for the disk. */
  note(draft: EventDraft, now: Now): { readonly seq: number | null; readonly effects: readonly Effect[] } {
    const seq = this.journal.append(draft, now)
    return { seq, effects: this.#flush(now) }
  }

  /** The authority renewed the own certificate. `refused`: why it is not taken, or null. */
  renew(credential: Credential, now: Now) {
    const { refused, effects } = this.#trust().renew(credential, now)
    return { refused, effects: this.#withFlush(effects, now) }
  }

  /** The authority took certificates back; says whether that was news, and where in the log it stands. */
  revoke(list: RevocationList, now: Now) {
    const { taken, seq, effects } = this.#trust().revoke(list, now)
    return { taken, seq, effects: this.#withFlush(effects, now) }
  }

  /** Sends a command to a vehicle, or says why not; the vehicle's answer comes as an effect. Closed swarms only. */
  command(draft: CommandDraft, now: Now): Sending {
    if (this.commanding === null) throw new Error('an open swarm takes no commands')
    const { effects, ...sending } = this.commanding.send(draft, now)
    return { ...sending, effects: this.#withFlush(effects, now) }
  }

  /** Everyone else this agent knows of, as believed now. */
  neighbors(now: Now): readonly Neighbor[] {
    const { agent, position } = this.config
    const neighbors: Neighbor[] = []
    for (const heard of this.sharing.world.all()) {
      if (heard.signed.position.agent === agent) continue
      neighbors.push({ heard, belief: beliefOf(heard, now.monoUs, position.errorBoundMm) })
    }
    return neighbors
  }

  /**
   * Age in ms of the oldest report among the neighbours still relied on: those heard within three times
   * their report's validity. Whoever is silent for longer is a volume and no longer relied on. Null = nobody.
   */
  worldModelAgeMs(now: Now): number | null {
    let worst: number | null = null
    for (const heard of this.sharing.world.all()) {
      const { agent, validMs } = heard.signed.position
      if (agent === this.config.agent) continue
      const age = ageMs(heard, now.monoUs)
      if (age <= 3 * validMs && (worst === null || age > worst)) worst = age
    }
    return worst
  }

  #hear(from: AgentId, signed: SignedPosition, now: Now): readonly Effect[] {
    const { agent } = signed.position
    if (this.trusting !== null && agent !== this.config.agent) {
      const held = this.sharing.world.get(agent)?.signed
      const refused = this.trusting.judgeReport(from, signed, held, now)
      if (refused !== null) return this.#withFlush(refused, now)
    }
    return this.sharing.hear(from, signed, now)
  }

  #receive(from: AgentId, message: PeerMessage, now: Now): readonly Effect[] {
    const { trusting, commanding } = this
    if (message.t === 'command' || message.t === 'command-ack')
      return commanding === null ? [] : this.#withFlush(commanding.receive(from, message, now), now)
    if (message.t !== 'digest' && message.t !== 'delta') {
      if (trusting === null) return []
      if (message.t !== 'credentials') return this.#withFlush(trusting.receive(from, message, now), now)
      // Whose reports had to be left out before are asked for again.
      return trusting.learn(from, message.credentials, now) && this.#maySync(from, now)
        ? this.syncing.greet(from)
        : []
    }
    if (trusting === null) return this.syncing.receive(from, message, now)
    if (!this.#maySync(from, now)) return []
    if (message.t === 'digest') return this.syncing.receive(from, message, now)
    const { heard, effects } = trusting.sift(from, message.positions, now)
    return [...this.syncing.receive(from, { t: 'delta', positions: heard }, now), ...effects]
  }

  #peer({ peer, up, why }: Extract<Input, { t: 'peer' }>, now: Now): readonly Effect[] {
    this.#flight.peer(peer, up, now)
    const mayUp = up && this.#maySync(peer, now)
    const changed = this.syncing.peer(peer, mayUp)
    if (this.trusting === null && !changed) return []
    const told = this.trusting?.peer(peer, up, now) ?? []
    const greeting = changed && mayUp ? this.syncing.greet(peer) : []
    const suppressed = this.#peerLines.take(peer, now.monoUs)
    if (suppressed === null) return [...told, ...greeting]
    const draft = up ? { type: 'peer.joined', data: { name: why } } : { type: 'peer.left', data: { why } }
    const data = suppressed === 0 ? draft.data : { ...draft.data, suppressed }
    this.journal.append({ type: draft.type, subject: peer, data }, now)
    return [...this.#flush(now), ...told, ...greeting]
  }

  #written(token: WriteToken, now: Now): readonly Effect[] {
    const effects = this.journal.written(token, now)
    const { trusting, commanding } = this
    if (trusting === null || commanding === null) return [...effects, ...this.journal.flush()]
    const passedOn = effects.flatMap(e =>
      e.t === 'event' ? [...trusting.durable(e.event), ...commanding.durable(e.event.event.seq, now)] : [],
    )
    return [...effects, ...passedOn, ...this.journal.flush()]
  }

  #maySync(peer: AgentId, now: Now): boolean {
    return this.trusting === null || this.trusting.may(peer, 'stream', 'sync-positions', now)
  }

  #maySpeak(now: Now): boolean {
    return this.trusting === null || this.trusting.may(this.config.agent, 'topic', 'announce-position', now)
  }

  #trust(): Trusting {
    if (this.trusting === null) throw new Error('an open swarm knows no certificates')
    return this.trusting
  }

  #withFlush(effects: readonly Effect[], now: Now): readonly Effect[] {
    return [...effects, ...this.#flush(now)]
  }

  #tick(now: Now): readonly Effect[] {
    if (this.#stopped) return [...this.#flush(now), { t: 'wake', atUs: now.monoUs + RETRY_WRITE_US }]
    const effects: Effect[] = []
    if (now.monoUs >= this.#nextReviewUs) {
      // From now, not from when it was due: after a pause one review catches up, never a burst.
      this.#nextReviewUs = now.monoUs + REVIEW_INTERVAL_US
      for (const event of this.clock.review(now)) this.#clockEvent(event, now)
      effects.push(...this.sharing.review(now))
      for (const effect of this.trusting?.tick(this.#isAirborne(), now) ?? []) {
        // A return for a certificate must not call back a landing for an empty battery.
        const isOutranked =
          effect.t === 'actuate' && isSafeVerb(effect.verb) && this.#guarding.outranks(effect.verb)
        if (!isOutranked) effects.push(effect)
      }
      effects.push(...(this.commanding?.tick(now) ?? []), ...this.#guarding.tick(now))
      this.#record(now)
    }
    if (now.monoUs >= this.#nextForgetUs) {
      this.#nextForgetUs = now.monoUs + FORGET_INTERVAL_US
      this.sharing.forget(now)
    }
    // Whoever was let go of just now may still seem to stand as it did a second ago.
    const isPeer = (peer: AgentId): boolean => this.trusting?.peers.includes(peer) ?? true
    const greeting = this.syncing.tick(now, peer => isPeer(peer) && this.#maySync(peer, now))
    effects.push(...greeting, ...this.#flush(now))
    const retryUs = this.#retryWriteUs > now.monoUs ? this.#retryWriteUs : Number.POSITIVE_INFINITY
    effects.push({ t: 'wake', atUs: Math.min(this.#nextReviewUs, retryUs) })
    return effects
  }

  #isAirborne(): boolean {
    const status = this.sharing.latest?.fix.status
    return status !== undefined && status !== 'Ground' && status !== 'Undeclared'
  }

  #flush(now: Now): readonly Effect[] {
    return now.monoUs < this.#retryWriteUs ? [] : this.journal.flush()
  }

  /** Writes the flight record. What stands still on the ground is worth a line a minute, not one a second. */
  #record(now: Now): void {
    const { flightRecordMs } = this.config
    const latest = this.sharing.latest
    if (flightRecordMs === 0 || latest === null) return
    if (now.monoUs - latest.atUs > flightRecordMs * 1000) return
    const { latE7, lonE7, altMm, vnCms, veCms, vdCms, status, batteryPct } = latest.fix
    const parked = status === 'Ground' && Math.hypot(vnCms, veCms, vdCms) < PARKED_CMS
    const intervalMs = parked ? Math.max(flightRecordMs, PARKED_RECORD_MS) : flightRecordMs
    if (now.monoUs < this.#recordedUs + intervalMs * 1000 - REVIEW_INTERVAL_US / 2) return
    this.#recordedUs = now.monoUs
    const data = { latE7, lonE7, altMm, vnCms, veCms, vdCms, status, batteryPct }
    this.journal.append({ type: 'flight.position', subject: '', data }, now)
  }

  #clockEvent(event: ClockEvent, now: Now): void {
    const data =
      event.t === 'stepped'
        ? { byMs: Math.round(event.byMs), adopted: event.adopted }
        : { trusted: event.trusted, offsetMs: Math.round(event.offsetMs) }
    this.journal.append(
      { type: event.t === 'stepped' ? 'clock.stepped' : 'clock.trust', subject: '', data },
      now,
    )
  }
}

export function createAgent(config: AgentConfig, ports: AgentPorts, recovered: Recovered): Agent {
  return new Agent(config, ports, recovered)
}

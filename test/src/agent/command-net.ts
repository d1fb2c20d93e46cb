import assert from 'node:assert/strict'
import type { CommandDraft, Sending } from '../../../src/agent/commanding.ts'
import type { Effect, PeerMessage } from '../../../src/agent/interface.ts'
import type { VehicleFacts } from '../../../src/agent/vehicle.ts'
import type { LogEvent } from '../../../src/eventlog/event.ts'
import type { Certificate } from '../../../src/policy/certificate.ts'
import type { RuleSet } from '../../../src/policy/rules/rule-set.ts'
import type { CommandAck, SignedCommand } from '../../../src/policy/signed-command.ts'
import type { WriteToken } from '../../../src/ports.ts'
import { T0_MS } from '../position/samples.ts'
import { shown, trust } from './closed.ts'
import { Rig } from './rig.ts'

/** Takes every order that there is. */
export const OBEDIENT: VehicleFacts = {
  takes: ['hold', 'return', 'land', 'goto', 'kill'],
  endurance: { drainPctPerS: 0.1, cruiseMps: 10 },
}

/** Permits everything to one alone, but a kill to two. */
export const LENIENT: RuleSet = {
  version: 1,
  name: 'lenient',
  revision: 3,
  lifeMaxMs: 30_000,
  quorumMs: 10_000,
  permit: { start: { issuers: 1 }, abort: { issuers: 1 }, goto: { issuers: 1 }, kill: { issuers: 2 } },
  rules: [],
}

export const POINT = { latE7: 473_790_000, lonE7: 85_410_000, altMm: 520_000 }

export interface MemberOptions extends Partial<Certificate> {
  readonly vehicle?: VehicleFacts
  readonly rules?: RuleSet | null
}

let nonces = 0
export const newNonce = (): string => (++nonces).toString(16).padStart(32, '0')

export function draft(changes: Partial<CommandDraft> & { readonly target: string }): CommandDraft {
  const verb = changes.verb ?? 'hold'
  return { verb, point: verb === 'goto' ? POINT : null, ttlMs: 10_000, nonce: newNonce(), ...changes }
}

/** A command as the shell hands it in: its signature holds. */
export function signedBy(author: string, changes: Partial<SignedCommand> & { readonly target: string }) {
  const { verb, point, nonce } = draft({
    target: changes.target,
    ...(changes.verb && { verb: changes.verb }),
  })
  const issuedMs = changes.issuedMs ?? T0_MS + 10_000
  const notAfterMs = issuedMs + 10_000
  const bytes = new Uint8Array()
  const command: SignedCommand = {
    author,
    verb,
    point,
    nonce,
    issuedMs,
    notAfterMs,
    bytes,
    ...changes,
  }
  return command
}

/** One member: its agent, and all that it was asked to do. */
export class Member {
  readonly rig: Rig
  readonly orders: string[] = []
  readonly answers: CommandAck[] = []
  readonly events: LogEvent[] = []
  readonly sent: { readonly to: string; readonly message: PeerMessage }[] = []
  /** Writes that the disk keeps waiting. */
  readonly held: WriteToken[] = []
  diskHolds = false

  constructor(seed: number, { vehicle = OBEDIENT, rules, ...certificate }: MemberOptions) {
    const ruled = { vehicle, ...(rules === undefined ? {} : { rules }) }
    this.rig = new Rig(seed, {}, trust(certificate), new Map(), ruled)
  }

  get id(): string {
    return this.rig.id
  }

  /** The events of a type, as they became durable. */
  logged(type: string): readonly LogEvent['data'][] {
    return this.events.filter(event => event.type === type).map(({ data }) => data)
  }

  get certificate() {
    const { trusting } = this.rig.agent
    assert.ok(trusting !== null)
    return trusting.own
  }
}

/** Members of one closed swarm, and who is connected with whom. Messages arrive at once, writes are done at once. */
export class CommandNet {
  readonly members = new Map<string, Member>()
  #ms = 0

  add(options: MemberOptions = {}): Member {
    const member = new Member(this.members.size + 1, options)
    this.members.set(member.id, member)
    member.rig.ms = this.#ms
    this.run(member, member.rig.start())
    this.run(member, member.rig.fix())
    return member
  }

  /** Lets time pass for all, a second at a time, with a fix and a tick each. */
  pass(ms: number, fix: Parameters<Rig['fix']>[0] = {}): void {
    for (let left = ms; left > 0; left -= 1_000) {
      this.#ms += Math.min(1_000, left)
      for (const member of this.members.values()) {
        member.rig.ms = this.#ms
        this.run(member, member.rig.fix(fix))
        this.run(member, member.rig.step({ t: 'tick' }))
      }
    }
  }

  connect(a: Member, b: Member): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const opened = { credential: other.certificate }
      one.rig.step({ t: 'hello', peer: other.id, shown: shown(other.id, { opened }) })
      this.run(one, one.rig.step({ t: 'peer', peer: other.id, up: true, why: '' }))
    }
  }

  cut(a: Member, b: Member): void {
    this.run(a, a.rig.step({ t: 'peer', peer: b.id, up: false, why: '' }))
    this.run(b, b.rig.step({ t: 'peer', peer: a.id, up: false, why: '' }))
  }

  /** Sends a command of this member, and lets it go where it goes. */
  send(from: Member, what: CommandDraft): Omit<Sending, 'effects'> {
    const { effects, ...sending } = from.rig.agent.command(what, from.rig.now)
    this.run(from, effects)
    return sending
  }

  /** Hands a member a command as if `from` sent it. */
  hand(from: Member, to: Member, command: SignedCommand, shownBy = from): void {
    const { certificate } = shownBy
    const message = { t: 'command', command, credential: certificate } as const
    this.run(to, to.rig.step({ t: 'sync', from: from.id, message }))
  }

  run(member: Member, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.t === 'actuate') member.orders.push(effect.verb)
      else if (effect.t === 'answered') member.answers.push(effect.ack)
      else if (effect.t === 'event') member.events.push(effect.event.event)
      else if (effect.t === 'write') this.#write(member, effect.token)
      else if (effect.t === 'send') {
        member.sent.push(effect)
        const to = this.members.get(effect.to)
        const sync = { t: 'sync', from: member.id, message: effect.message } as const
        if (to !== undefined) this.run(to, to.rig.step(sync))
      }
    }
  }

  /** The disk of a member answers again. */
  release(member: Member): void {
    member.diskHolds = false
    for (const token of member.held.splice(0)) this.#write(member, token)
  }

  #write(member: Member, token: WriteToken): void {
    if (member.diskHolds) member.held.push(token)
    else this.run(member, member.rig.step({ t: 'written', token }))
  }
}

export const decisionOf = (ack: CommandAck | undefined): string =>
  ack === undefined ? 'no answer' : `${ack.decision} ${ack.rule}`

import type { EventData, HashedEvent } from '../eventlog/event.ts'
import type { LogView } from '../eventlog/views.ts'
import type { Judgement } from '../policy/admission.ts'
import type { Credential } from '../policy/certificate.ts'
import {
  convinces,
  type Evidence,
  reportsContradict,
  type SignedHead,
  type SignedReport,
} from '../policy/contradiction.ts'
import { Membership } from '../policy/membership.ts'
import type { RevocationList } from '../policy/revocations.ts'
import type { Place, Verb } from '../policy/table.ts'
import { Witness } from '../policy/witness.ts'
import type { AgentId, Now } from '../ports.ts'
import type { SignedPosition } from '../position/position.ts'
import { hlcMs } from '../time/hlc.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import type { AgentConfig } from './config.ts'
import type { AgentCounters } from './counters.ts'
import type { Effect, Shown, TrustMessage } from './interface.ts'
import type { Journal } from './journal.ts'
import type { TrustPort } from './trust-port.ts'

/** Credentials asked for at once; more than one agent hears in a second. */
const WANTED_MAX = 512
const ASK_AGAIN_US = 1_000_000
/** Credentials in one message. */
const CREDENTIALS_MAX = 64
const HEAD_EVERY_US = 30_000_000
/** A link that is dead is found silent within 2.5 s: one that is still up after this lives. */
const BOTH_ALIVE_AFTER_US = 4_000_000

/** Evidence kept for those who come later. */
const EVIDENCE_MAX = 16

/** A peer that was let in. */
interface Present {
  readonly instance: string
  readonly boot: number
  /** The newest revocation list it is known to have. */
  epoch: number
  /** Since when somebody else says hello with its key; null = nobody does. */
  rivalUs: number | null
}

export interface TrustingParts {
  readonly config: AgentConfig
  readonly clock: SwarmClock
  readonly counters: AgentCounters
  readonly journal: Journal
}

/** The agent's part of trust: whom it lets in, what each may do, what was taken back, who contradicts itself. */
export class Trusting {
  readonly membership: Membership
  readonly witness = new Witness()
  readonly #parts: TrustingParts
  readonly #port: TrustPort
  readonly #present = new Map<AgentId, Present>()
  readonly #shown = new Map<AgentId, Shown>()
  /** Asked for, and when. */
  readonly #wanted = new Map<AgentId, number>()
  readonly #evidence = new Map<AgentId, Evidence>()
  #own: Credential
  #ordered: 'none' | 'return' | 'land' | null = null
  #headUs = 0

  /** `latest`: what the own log last said of trust. */
  constructor(parts: TrustingParts, port: TrustPort, latest: LogView['latest']) {
    const { genesis, own, revocations } = port
    this.#parts = parts
    this.#port = port
    this.#own = own
    this.membership = new Membership(
      {
        swarm: genesis.swarm,
        clockBoundMs: parts.config.clockBoundMs,
        graceMs: genesis.defaults.graceMs,
        earliestMs: own.certificate.notBeforeMs,
      },
      revocations,
    )
    this.membership.admit(own, parts.config.agent, own.certificate.notBeforeMs)
    for (const [key, data] of latest) this.#recall(key, data)
  }

  /** The certificate this agent shows. */
  get own(): Credential {
    return this.#own
  }

  /** Peers that were let in and are up. */
  get peers(): readonly AgentId[] {
    return [...this.#present.keys()]
  }

  /** Whether an agent has a right, by the swarm's clock. */
  may<P extends Place>(agent: AgentId, place: P, verb: Verb<P>, now: Now): boolean {
    return this.membership.may(agent, place, verb, this.#nowMs(now))
  }

  /** Judges a peer by its hello: nothing else is taken from it or sent to it before. */
  hello(peer: AgentId, shown: Shown, now: Now): readonly Effect[] {
    const rival = this.#rival(peer, shown, now)
    if (rival !== null) return rival
    const judgement = this.#judge(peer, shown, now)
    if ('refusal' in judgement) this.#parts.counters.admissionsRefused++
    else this.#shown.set(peer, shown)
    return [{ t: 'admission', peer, judgement }]
  }

  /** A peer that was let in is up, or gone. Brings it up to date. */
  peer(peer: AgentId, up: boolean): readonly Effect[] {
    const shown = this.#shown.get(peer)
    this.#shown.delete(peer)
    if (!up || shown === undefined) {
      this.#present.delete(peer)
      return []
    }
    const { instance, boot, epoch } = shown
    this.#present.set(peer, { instance, boot, epoch, rivalUs: null })
    return [...this.#update(peer), ...this.#announceHead([peer]), ...this.#accuse([peer])]
  }

  /** Whether a report may be heard; null = it may. Finds out, too, whether two speak with its author's key. */
  judgeReport(from: AgentId, signed: SignedPosition, held: SignedPosition | undefined, now: Now) {
    const { agent } = signed.position
    if (this.may(agent, 'topic', 'announce-position', now)) {
      if (held === undefined || held === signed) return null
      const [first, second] = [reportOf(held), reportOf(signed)]
      if (!reportsContradict(first, second)) return null
      return [...this.#convict({ kind: 'positions', agent, first, second }, now), NOT_ALLOWED]
    }
    if (this.membership.credential(agent) !== undefined) {
      this.#parts.counters.positionsNotAllowed++
      return [NOT_ALLOWED]
    }
    this.#parts.counters.positionsUnknown++
    return [...this.#ask(from, [agent], now), UNKNOWN]
  }

  /** Of reports that a peer passed on, those whose authors may be heard; the others' credentials are asked for. */
  sift(from: AgentId, positions: readonly SignedPosition[], now: Now) {
    const strangers = new Set<AgentId>()
    const heard = positions.filter(({ position: { agent } }) => {
      if (this.may(agent, 'topic', 'announce-position', now)) return true
      if (this.membership.credential(agent) === undefined) strangers.add(agent)
      return false
    })
    return { heard, effects: this.#ask(from, [...strangers], now) }
  }

  /** Takes certificates: of the peer itself, or asked for. Says whether any was news and good. */
  learn(from: AgentId, credentials: readonly Credential[], now: Now): boolean {
    let learned = 0
    for (const credential of credentials) {
      const { agent } = credential.certificate
      if (agent !== from && !this.#wanted.delete(agent)) continue
      if ('standing' in this.membership.admit(credential, agent, this.#nowMs(now))) learned++
    }
    this.#parts.counters.credentialsLearned += learned
    return learned > 0
  }

  receive(from: AgentId, message: Exclude<TrustMessage, { t: 'credentials' }>, now: Now): readonly Effect[] {
    if (!this.may(from, 'stream', 'pass-on-trust', now)) return []
    switch (message.t) {
      case 'want-credentials':
        return this.#give(from, message.agents)
      case 'revocations':
        return this.revoke(message.list, now, from).effects
      case 'head':
        return [...this.#hearEpoch(from, message.epoch), ...this.#hearHead(message.head, now)]
      case 'evidence':
        return this.#hearEvidence(message.evidence, message.credential, now)
    }
  }

  /** Takes a revocation list from a peer, or from an operator; says whether it was news. */
  revoke(list: RevocationList, now: Now, from: AgentId | null = null) {
    const present = from === null ? undefined : this.#present.get(from)
    if (present !== undefined) present.epoch = Math.max(present.epoch, list.epoch)
    if (!this.membership.revoke(list))
      return { taken: false, effects: from === null ? [] : this.#hearEpoch(from, list.epoch) }
    const { epoch, bytes } = list
    this.#parts.counters.revocationListsTaken++
    this.#parts.journal.append({ type: 'trust.revoked', subject: '', data: { epoch, list: bytes } }, now)
    return { taken: true, effects: this.review(now) }
  }

  /** The own certificate was renewed: shows the new one to everybody. `refused`: why it is not taken, or null. */
  renew(credential: Credential, now: Now) {
    const judgement = this.membership.admit(credential, this.#parts.config.agent, this.#nowMs(now))
    if ('refusal' in judgement) return { refused: judgement.reason, effects: [] }
    this.#own = credential
    this.#ordered = null
    const { serial, notAfterMs } = credential.certificate
    this.#parts.journal.append({ type: 'trust.renewed', subject: '', data: { serial, notAfterMs } }, now)
    return { refused: null, effects: this.#tellAll({ t: 'credentials', credentials: [credential] }) }
  }

  /** An event is durable: what it says may be passed on now. */
  durable({ event: { type, subject } }: HashedEvent): readonly Effect[] {
    if (type === 'trust.revoked') return [...this.#present.keys()].flatMap(peer => this.#update(peer))
    if (type === 'trust.equivocated') return this.#accuse([...this.#present.keys()], subject)
    return []
  }

  /** Lets go of peers that are members no more. */
  review(now: Now): readonly Effect[] {
    const nowMs = this.#nowMs(now)
    const effects: Effect[] = []
    for (const peer of [...this.#present.keys()]) {
      const credential = this.membership.credential(peer)
      const judgement: Judgement =
        credential === undefined
          ? { refusal: 'missing', reason: 'your certificate is forgotten: show it again' }
          : this.membership.admit(credential, peer, nowMs)
      if ('refusal' in judgement) effects.push(this.#expel(peer, judgement.reason))
    }
    return effects
  }

  /** Once a second: who has to go, how we stand ourselves, and now and then how far our log goes. */
  tick(airborne: boolean, now: Now): readonly Effect[] {
    const effects = [...this.review(now), ...this.#reviewOwn(airborne, now)]
    if (now.monoUs < this.#headUs) return effects
    this.#headUs = now.monoUs + HEAD_EVERY_US
    return [...effects, ...this.#announceHead([...this.#present.keys()])]
  }

  /** Whoever may fly no more comes home while it is still heard, and lands where it is when it is not. */
  #reviewOwn(airborne: boolean, now: Now): readonly Effect[] {
    const { agent } = this.#parts.config
    const standing = this.membership.standing(agent, this.#nowMs(now))
    if (standing === 'valid') return []
    // Nothing is asked of it on the ground; if it takes off all the same, it is.
    const order = !airborne ? 'none' : standing === 'grace' ? 'return' : 'land'
    if (this.#ordered === order) return []
    this.#ordered = order
    const { serial, notAfterMs } = this.#own.certificate
    const data = { serial, notAfterMs, airborne, order }
    this.#parts.journal.append({ type: 'trust.ended', subject: '', data }, now)
    return order === 'none' ? [] : [{ t: 'actuate', verb: order, reason: 'the own certificate has ended' }]
  }

  #recall(key: string, { list, head, serial }: EventData): void {
    const { recall } = this.#port
    const [type, subject = ''] = key.split(' ')
    if (type === 'trust.revoked' && list instanceof Uint8Array) {
      const known = recall.revocations(list)
      if (known !== null) this.membership.revoke(known)
    } else if (type === 'trust.witnessed' && head instanceof Uint8Array) {
      const witnessed = recall.head(head)
      if (witnessed !== null) this.witness.recall(witnessed)
    } else if ((type === 'trust.equivocated' || type === 'trust.cloned') && typeof serial === 'number') {
      this.membership.convict(subject, serial)
    }
  }

  #judge(peer: AgentId, { opened }: Shown, now: Now): Judgement {
    if ('refusal' in opened) return opened
    return this.membership.admit(opened.credential, peer, this.#nowMs(now))
  }

  /**
   * A hello with the key of a peer that is up, by another process. A later start takes the place of the earlier,
   * whose connection is as good as dead. An earlier one must not be alive: if both stay, the key was copied.
   */
  #rival(peer: AgentId, shown: Shown, now: Now): readonly Effect[] | null {
    const present = this.#present.get(peer)
    if (present === undefined || present.instance === shown.instance || shown.boot > present.boot) return null
    this.#parts.counters.clonesSeen++
    present.rivalUs ??= now.monoUs
    const reason = 'another node is connected with your key: never run two nodes from one data directory'
    const refused: Effect = { t: 'admission', peer, judgement: { refusal: 'cloned', reason } }
    if (now.monoUs - present.rivalUs < BOTH_ALIVE_AFTER_US) return [refused]
    const serial = this.membership.convict(peer)
    if (serial === null) return [refused]
    this.#parts.journal.append(
      { type: 'trust.cloned', subject: peer, data: { serial, boots: [present.boot, shown.boot] } },
      now,
    )
    return [refused, this.#expel(peer, reason)]
  }

  #give(to: AgentId, agents: readonly AgentId[]): readonly Effect[] {
    const credentials = agents.flatMap(agent => this.membership.credential(agent) ?? [])
    if (credentials.length === 0) return []
    return [
      { t: 'send', to, message: { t: 'credentials', credentials: credentials.slice(0, CREDENTIALS_MAX) } },
    ]
  }

  /** Whoever passed a message on had to know its author: it is asked. */
  #ask(from: AgentId, agents: readonly AgentId[], now: Now): readonly Effect[] {
    const due = agents.filter(agent => {
      const askedUs = this.#wanted.get(agent)
      return askedUs === undefined || now.monoUs - askedUs >= ASK_AGAIN_US
    })
    for (const agent of due) {
      this.#wanted.delete(agent)
      this.#wanted.set(agent, now.monoUs)
      const oldest = this.#wanted.keys().next().value
      if (this.#wanted.size > WANTED_MAX && oldest !== undefined) this.#wanted.delete(oldest)
    }
    if (due.length === 0 || !this.#present.has(from)) return []
    return [
      { t: 'send', to: from, message: { t: 'want-credentials', agents: due.slice(0, CREDENTIALS_MAX) } },
    ]
  }

  #hearEpoch(from: AgentId, epoch: number): readonly Effect[] {
    const present = this.#present.get(from)
    if (present === undefined) return []
    present.epoch = epoch
    return this.#update(from)
  }

  /** Sends the revocation list to a peer that has an older one. */
  #update(peer: AgentId): readonly Effect[] {
    const list = this.membership.revocations
    const present = this.#present.get(peer)
    if (list === null || present === undefined || present.epoch >= list.epoch) return []
    present.epoch = list.epoch
    return [{ t: 'send', to: peer, message: { t: 'revocations', list } }]
  }

  #hearHead(head: SignedHead, now: Now): readonly Effect[] {
    const { agent, boot, seq, bytes } = head
    if (!this.may(agent, 'stream', 'pass-on-trust', now)) return []
    const heard = this.witness.hear(head, now.monoUs)
    if (heard.t === 'contradiction')
      return this.#convict({ kind: 'heads', agent, first: heard.held, second: head }, now)
    if (heard.t === 'record') {
      const data = { boot, seq, head: bytes }
      this.#parts.journal.append({ type: 'trust.witnessed', subject: agent, data }, now)
    }
    return []
  }

  #hearEvidence(evidence: Evidence, credential: Credential | null, now: Now): readonly Effect[] {
    if (!convinces(evidence)) return []
    if (credential !== null) this.membership.admit(credential, evidence.agent, this.#nowMs(now))
    return this.#isOfBefore(evidence) ? [] : this.#convict(evidence, now)
  }

  /** Whether evidence is older than its agent's certificate: what was settled with a new one is not brought up again. */
  #isOfBefore(evidence: Evidence): boolean {
    const certificate = this.membership.credential(evidence.agent)?.certificate
    if (evidence.kind !== 'positions' || certificate === undefined) return false
    const lastMs = Math.max(hlcMs(evidence.first.hlc), hlcMs(evidence.second.hlc))
    return lastMs < certificate.notBeforeMs - this.#parts.config.clockBoundMs
  }

  /** Keeps the evidence, and believes nothing more of this agent until it has a new certificate. */
  #convict(evidence: Evidence, now: Now): readonly Effect[] {
    const { kind, agent, first, second } = evidence
    const serial = this.membership.convict(agent)
    if (serial === null) return []
    this.#parts.counters.equivocations++
    this.#evidence.set(agent, evidence)
    const oldest = this.#evidence.keys().next().value
    if (this.#evidence.size > EVIDENCE_MAX && oldest !== undefined) this.#evidence.delete(oldest)
    const data = { serial, kind, first: first.bytes, second: second.bytes }
    this.#parts.journal.append({ type: 'trust.equivocated', subject: agent, data }, now)
    return this.#present.has(agent) ? [this.#expel(agent, TWO_WITH_ONE_KEY)] : []
  }

  /** Shows the evidence that is held, or that against one agent, to these peers. */
  #accuse(to: readonly AgentId[], agent?: AgentId): readonly Effect[] {
    const held = agent === undefined ? [...this.#evidence.values()] : (this.#evidence.get(agent) ?? [])
    return [held].flat().flatMap(evidence => {
      const credential = this.membership.credential(evidence.agent) ?? null
      return to.map(
        peer => ({ t: 'send', to: peer, message: { t: 'evidence', evidence, credential } }) as const,
      )
    })
  }

  #expel(peer: AgentId, reason: string): Effect {
    this.#present.delete(peer)
    this.#parts.counters.peersExpelled++
    return { t: 'expel', peer, reason }
  }

  #announceHead(to: readonly AgentId[]): readonly Effect[] {
    const { agent, boot } = this.#parts.config
    const { seq, hash } = this.#parts.journal.log.durableHead
    if (seq === 0 || to.length === 0) return []
    const head = this.#port.sealHead({ agent, boot, seq, hash })
    const { epoch } = this.membership
    return to.map(peer => ({ t: 'send', to: peer, message: { t: 'head', head, epoch } }) as const)
  }

  #tellAll(message: TrustMessage): readonly Effect[] {
    return [...this.#present.keys()].map(to => ({ t: 'send', to, message }) as const)
  }

  #nowMs(now: Now): number {
    return this.#parts.clock.read(now)
  }
}

const TWO_WITH_ONE_KEY = 'two nodes speak with your key: ask the authority for a new certificate'
const NOT_ALLOWED: Effect = { t: 'verdict', verdict: 'ignore', reason: 'not-allowed' }
const UNKNOWN: Effect = { t: 'verdict', verdict: 'ignore', reason: 'unknown-author' }

function reportOf({ position: { boot, seq, hlc }, bytes }: SignedPosition): SignedReport {
  return { boot, seq, hlc, bytes }
}

import type { EventData, HashedEvent } from '../eventlog/event.ts'
import type { LogView } from '../eventlog/views.ts'
import { type Judgement, TWO_WITH_ONE_KEY } from '../policy/admission.ts'
import type { Credential } from '../policy/certificate.ts'
import type { SignedHead } from '../policy/contradiction.ts'
import { Membership } from '../policy/membership.ts'
import type { RevocationList } from '../policy/revocations.ts'
import type { Place, Verb } from '../policy/table.ts'
import type { Witness } from '../policy/witness.ts'
import type { AgentId, Now } from '../ports.ts'
import type { SignedPosition } from '../position/position.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import { Accusing } from './accusing.ts'
import type { AgentConfig } from './config.ts'
import type { AgentCounters } from './counters.ts'
import { CredentialExchange } from './credential-exchange.ts'
import { Dates } from './dates.ts'
import type { Effect, Shown, TrustMessage } from './interface.ts'
import type { Journal } from './journal.ts'
import { OwnStanding } from './own-standing.ts'
import { Presence } from './presence.ts'
import type { TrustPort } from './trust-port.ts'

const HEAD_EVERY_US = 30_000_000
/** A list has up to 60 kB, and a peer that says it has none costs nothing to be. */
const TELL_AGAIN_US = 10_000_000

export interface TrustingParts {
  readonly config: AgentConfig
  readonly clock: SwarmClock
  readonly counters: AgentCounters
  readonly journal: Journal
}

/** The agent's part of trust: whom it lets in, what each may do, what was taken back, who contradicts itself. */
export class Trusting {
  readonly membership: Membership
  readonly #parts: TrustingParts
  readonly #port: TrustPort
  readonly #dates: Dates
  readonly #presence = new Presence()
  readonly #exchange: CredentialExchange
  readonly #accusing: Accusing
  readonly #own: OwnStanding
  #headUs = 0

  /** `latest`: what the own log last said of trust. */
  constructor(parts: TrustingParts, port: TrustPort, latest: LogView['latest']) {
    const { genesis, own, revocations } = port
    const { config, counters, journal, clock } = parts
    this.#parts = parts
    this.#port = port
    const { clockBoundMs, agent } = config
    const rule = { swarm: genesis.swarm, clockBoundMs, graceMs: genesis.defaults.graceMs }
    this.membership = new Membership(rule, revocations)
    this.#dates = new Dates(clock, own.certificate.notBeforeMs - clockBoundMs)
    this.#exchange = new CredentialExchange(this.membership, counters)
    this.#accusing = new Accusing({ agent, counters, journal, membership: this.membership })
    this.#own = new OwnStanding(own, this.membership, journal)
    for (const [key, data] of latest) this.#recall(key, data)
  }

  /** The certificate this agent shows. */
  get own(): Credential {
    return this.#own.credential
  }

  get witness(): Witness {
    return this.#accusing.witness
  }

  /** Peers that were let in and are up. */
  get peers(): readonly AgentId[] {
    return this.#presence.peers
  }

  /** Whether an agent has a right, by the swarm's clock. */
  may<P extends Place>(agent: AgentId, place: P, verb: Verb<P>, now: Now): boolean {
    return this.membership.may(agent, place, verb, this.#dates.nowMs(now))
  }

  /** Judges a peer by its hello: nothing else is taken from it or sent to it before. */
  hello(peer: AgentId, shown: Shown, now: Now): readonly Effect[] {
    const { counters } = this.#parts
    const judgement = this.#judge(peer, shown, now)
    if ('refusal' in judgement) {
      counters.admissionsRefused++
      return [{ t: 'admission', peer, judgement }]
    }
    const rivalry = this.#presence.rivalry(peer, shown, now)
    if (rivalry === 'none') {
      this.#presence.letIn(peer, shown)
      return [{ t: 'admission', peer, judgement }]
    }
    counters.clonesSeen++
    counters.admissionsRefused++
    const boots = [this.#presence.get(peer)?.boot ?? 0, shown.boot]
    const refused: Effect = { t: 'admission', peer, judgement: { refusal: 'cloned', reason: COPIED } }
    const isConvicted = rivalry === 'copied' && this.#accusing.copied(peer, boots, now)
    return isConvicted ? [refused, this.#expel(peer, COPIED)] : [refused]
  }

  /** A peer that was let in is up, or gone. Brings it up to date. */
  peer(peer: AgentId, up: boolean, now: Now): readonly Effect[] {
    if (!up) this.#presence.gone(peer)
    if (!up || !this.#presence.up(peer)) return []
    return [...this.#update(peer, now), ...this.#announceHead([peer]), ...this.#accusing.brief(peer)]
  }

  /** Whether a report may be heard; null = it may. Finds out, too, whether two speak with its author's key. */
  judgeReport(from: AgentId, signed: SignedPosition, held: SignedPosition | undefined, now: Now) {
    const { counters } = this.#parts
    const { agent } = signed.position
    if (this.may(agent, 'topic', 'announce-position', now)) {
      if (!this.#accusing.hearReport(held, signed, now)) return null
      return [...this.#putOut(agent), NOT_ALLOWED]
    }
    if (this.membership.credential(agent) !== undefined) {
      counters.positionsNotAllowed++
      return [...this.#ask(from, this.#fallen([agent], now), now), NOT_ALLOWED]
    }
    counters.positionsUnknown++
    return [...this.#ask(from, [agent], now), UNKNOWN]
  }

  /** Of reports that a peer passed on, those whose authors may be heard; the others' credentials are asked for. */
  sift(from: AgentId, positions: readonly SignedPosition[], now: Now) {
    const unheard = new Set<AgentId>()
    const heard = positions.filter(({ position: { agent } }) => {
      if (this.may(agent, 'topic', 'announce-position', now)) return true
      unheard.add(agent)
      return false
    })
    const strangers = [...unheard].filter(agent => this.membership.credential(agent) === undefined)
    return { heard, effects: this.#ask(from, [...strangers, ...this.#fallen([...unheard], now)], now) }
  }

  /** Of some agents those whose certificate is good no more: it may have been renewed where we did not hear of it. */
  #fallen(agents: readonly AgentId[], now: Now): readonly AgentId[] {
    const nowMs = this.#dates.nowMs(now)
    return agents.filter(
      agent =>
        this.membership.credential(agent) !== undefined && this.membership.standing(agent, nowMs) === null,
    )
  }

  /** Takes certificates: of the peer itself, or asked for. Says whether any was news and good. */
  learn(from: AgentId, credentials: readonly Credential[], now: Now): boolean {
    return this.#exchange.learn(from, credentials, this.#dates.nowMs(now))
  }

  receive(from: AgentId, message: Exclude<TrustMessage, { t: 'credentials' }>, now: Now): readonly Effect[] {
    if (!this.may(from, 'stream', 'pass-on-trust', now)) return []
    switch (message.t) {
      case 'want-credentials':
        return this.#exchange.give(from, message.agents)
      case 'revocations':
        return this.revoke(message.list, now, from).effects
      case 'head':
        return [...this.#hearEpoch(from, message.epoch, now), ...this.#hearHead(message.head, now)]
      case 'evidence': {
        const { evidence, credential } = message
        const isNews = this.#accusing.hearEvidence(evidence, credential, this.#dates.nowMs(now), now)
        return isNews ? this.#putOut(evidence.agent) : []
      }
    }
  }

  /**
   * Takes a revocation list from a peer, or from an operator, and passes it on at once: it is the authority that
   * vouches for it, and a full disk here must not keep it from others. `seq`: its place in the log, null if that
   * has no room; `taken`: it was news.
   */
  revoke(list: RevocationList, now: Now, from: AgentId | null = null) {
    const present = from === null ? undefined : this.#presence.get(from)
    if (present !== undefined) present.epoch = Math.max(present.epoch, list.epoch)
    if (!this.membership.revoke(list)) {
      const effects = from === null ? [] : this.#hearEpoch(from, list.epoch, now)
      return { taken: false, seq: null, effects }
    }
    const { epoch, bytes } = list
    const { counters, journal } = this.#parts
    counters.revocationListsTaken++
    const seq = journal.append({ type: 'trust.revoked', subject: '', data: { epoch, list: bytes } }, now)
    const expelled = this.review(now)
    return {
      taken: true,
      seq,
      effects: [...expelled, ...this.peers.flatMap(peer => this.#update(peer, now))],
    }
  }

  /** The own certificate was renewed: shows the new one to everybody. `refused`: why it is not taken, or null. */
  renew(credential: Credential, now: Now) {
    const refused = this.#own.renew(credential, this.#dates.nowMs(now), now)
    const message: TrustMessage = { t: 'credentials', credentials: [credential] }
    const effects = refused === null ? this.peers.map(to => ({ t: 'send', to, message }) as const) : []
    return { refused, effects }
  }

  /** An event is durable: what it says may be shown now. */
  durable({ event: { type, subject } }: HashedEvent): readonly Effect[] {
    return type === 'trust.equivocated' ? this.#accusing.durable(subject, this.peers) : []
  }

  /** Lets go of peers that are members no more. */
  review(now: Now): readonly Effect[] {
    const nowMs = this.#dates.nowMs(now)
    return this.peers.flatMap(peer => {
      const credential = this.membership.credential(peer)
      if (credential === undefined) return [this.#expel(peer, 'your certificate is forgotten: show it again')]
      const judgement = this.membership.admit(credential, peer, nowMs)
      return 'refusal' in judgement ? [this.#expel(peer, judgement.reason)] : []
    })
  }

  /** Once a second: who has to go, how we stand ourselves, and now and then how far our log goes. */
  tick(airborne: boolean, now: Now): readonly Effect[] {
    const own = this.#own.review(airborne, this.#dates.nowMs(now), now)
    const effects = [...this.review(now), ...own]
    if (now.monoUs < this.#headUs) return effects
    this.#headUs = now.monoUs + HEAD_EVERY_US
    return [...effects, ...this.#announceHead(this.peers)]
  }

  #recall(key: string, { list, head }: EventData): void {
    const { recall } = this.#port
    const [type, subject = ''] = key.split(' ')
    if (type === 'trust.revoked' && list instanceof Uint8Array) {
      const known = recall.revocations(list)
      if (known !== null) this.membership.revoke(known)
    } else if (type === 'trust.witnessed' && head instanceof Uint8Array) {
      const witnessed = recall.head(head)
      if (witnessed !== null) this.witness.recall(witnessed)
    } else if (type === 'trust.equivocated' || type === 'trust.cloned') this.membership.convict(subject)
  }

  #judge(peer: AgentId, { opened }: Shown, now: Now): Judgement {
    return 'refusal' in opened
      ? opened
      : this.membership.admit(opened.credential, peer, this.#dates.nowMs(now))
  }

  #ask(from: AgentId, agents: readonly AgentId[], now: Now): readonly Effect[] {
    return this.#presence.get(from) === undefined ? [] : this.#exchange.ask(from, agents, now)
  }

  #hearEpoch(from: AgentId, epoch: number, now: Now): readonly Effect[] {
    const present = this.#presence.get(from)
    if (present === undefined) return []
    present.epoch = epoch
    return this.#update(from, now)
  }

  /** Sends the revocation list to a peer that has an older one. */
  #update(peer: AgentId, now: Now): readonly Effect[] {
    const list = this.membership.revocations
    const present = this.#presence.get(peer)
    if (list === null || present === undefined || present.epoch >= list.epoch) return []
    if (now.monoUs - present.toldUs < TELL_AGAIN_US && present.toldEpoch === list.epoch) return []
    present.toldUs = now.monoUs
    present.toldEpoch = list.epoch
    return [{ t: 'send', to: peer, message: { t: 'revocations', list } }]
  }

  #hearHead(head: SignedHead, now: Now): readonly Effect[] {
    if (!this.may(head.agent, 'stream', 'pass-on-trust', now)) return []
    return this.#accusing.hearHead(head, now) ? this.#putOut(head.agent) : []
  }

  #putOut(agent: AgentId): readonly Effect[] {
    return this.#presence.get(agent) === undefined ? [] : [this.#expel(agent, TWO_WITH_ONE_KEY)]
  }

  #expel(peer: AgentId, reason: string): Effect {
    this.#presence.gone(peer)
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
}

const COPIED = 'another node is connected with your key: never run two nodes from one data directory'
const NOT_ALLOWED: Effect = { t: 'verdict', verdict: 'ignore', reason: 'not-allowed' }
const UNKNOWN: Effect = { t: 'verdict', verdict: 'ignore', reason: 'unknown-author' }

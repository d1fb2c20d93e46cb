import { BoundedMap } from '../bounded-map.ts'
import type { AgentId } from '../ports.ts'
import { type Judgement, judge, type Standing } from './admission.ts'
import type { Certificate, Credential } from './certificate.ts'
import { type Revocation, type RevocationList, supersedes } from './revocations.ts'
import { allows, type Place, type Verb } from './table.ts'

/** Credentials kept at most; past it the one unused for longest goes, and is asked for again. */
const MEMBERS_MAX = 16_384
const CONVICTED_MAX = MEMBERS_MAX
/** A standing is judged anew after so long: reports come ten times a second, and dates pass once. */
const JUDGED_FOR_MS = 1_000

/** What an agent in grace may still do: be heard, hear, and be told what changed. */
const GRACE_VERBS: ReadonlySet<string> = new Set([
  'announce-position',
  'hear-positions',
  'sync-positions',
  'use-relay',
  'pass-on-trust',
])

export interface MembershipRule {
  readonly swarm: string
  readonly clockBoundMs: number
  readonly graceMs: number
}

/** One of the swarm, and how it stands. */
interface Member {
  readonly credential: Credential
  standing: Standing | null
  /** When it was judged; null = it is to be judged anew. */
  judgedMs: number | null
}

/** Who belongs to the swarm, as far as one agent knows, and what each may do. */
export class Membership {
  readonly #rule: MembershipRule
  readonly #members = new BoundedMap<AgentId, Member>(MEMBERS_MAX)
  readonly #convicted = new BoundedMap<AgentId, true>(CONVICTED_MAX)
  #list: RevocationList | null = null
  #epochOfCertificates = 0
  #revoked: ReadonlyMap<AgentId, Revocation> = new Map()

  constructor(rule: MembershipRule, list: RevocationList | null) {
    this.#rule = rule
    if (list !== null) this.revoke(list)
  }

  get size(): number {
    return this.#members.size
  }

  get revocations(): RevocationList | null {
    return this.#list
  }

  /** Of the newest revocation list known; 0 before the first. */
  get epoch(): number {
    return this.#list?.epoch ?? 0
  }

  /** Whether a member's certificate was issued after a list that this agent has not got. */
  get isBehind(): boolean {
    return this.#epochOfCertificates > this.epoch
  }

  /** Of all members known, in no order. */
  *certificates(): Iterable<Certificate> {
    for (const { credential } of this.#members.values()) yield credential.certificate
  }

  credential(agent: AgentId): Credential | undefined {
    return this.#members.get(agent)?.credential
  }

  /**
   * Judges what `peer` shows of itself, and remembers it if it is good. `nowMs`: wall ms; null = dates are not judged.
   * Its newest certificate known is what counts: what that takes away, showing an older one does not bring back.
   */
  admit(credential: Credential, peer: AgentId, nowMs: number | null): Judgement {
    const judgement = this.#judge(credential, peer, nowMs)
    if ('standing' in judgement && credential.certificate.serial >= this.#serialOf(peer))
      this.#members.set(peer, { credential, standing: judgement.standing, judgedMs: nowMs })
    if ('standing' in judgement)
      this.#epochOfCertificates = Math.max(this.#epochOfCertificates, credential.certificate.epoch)
    return judgement
  }

  /** How an agent stands now; null = unknown, or let in no more. */
  standing(agent: AgentId, nowMs: number | null): Standing | null {
    const member = this.#members.get(agent)
    if (member === undefined) return null
    if (nowMs === null || member.judgedMs === null || Math.abs(nowMs - member.judgedMs) > JUDGED_FOR_MS) {
      const judgement = this.#judge(member.credential, agent, nowMs)
      member.standing = 'standing' in judgement ? judgement.standing : null
      member.judgedMs = nowMs
      // Behind all that nobody asks about: our own is learned first, and must not be the first to go.
      this.#members.set(agent, member)
    }
    return member.standing
  }

  /** Whether an agent has a right now. */
  may<P extends Place>(agent: AgentId, place: P, verb: Verb<P>, nowMs: number | null): boolean {
    const standing = this.standing(agent, nowMs)
    if (standing === null || (standing === 'grace' && !GRACE_VERBS.has(verb))) return false
    return allows(this.credential(agent)?.certificate.roles ?? [], place, verb)
  }

  /** Takes a list if it is newer than the one held; says whether it did. */
  revoke(list: RevocationList): boolean {
    if (list.swarm !== this.#rule.swarm || !supersedes(list, this.#list)) return false
    this.#list = list
    this.#revoked = new Map(list.revocations.map(entry => [entry.agent, entry]))
    this.#judgeAnew()
    return true
  }

  /**
   * Two things that exclude each other were signed with this agent's key: it is believed no more, whatever certificate
   * it has. Says whether that was news. Whoever calls this has seen a certificate of it, so that nobody can fill the
   * list with invented keys.
   */
  convict(agent: AgentId): boolean {
    if (this.#convicted.has(agent)) return false
    this.#convicted.set(agent, true)
    this.#judgeAnew()
    return true
  }

  #serialOf(agent: AgentId): number {
    return this.credential(agent)?.certificate.serial ?? 0
  }

  #judgeAnew(): void {
    for (const member of this.#members.values()) member.judgedMs = null
  }

  #judge(credential: Credential, peer: AgentId, nowMs: number | null): Judgement {
    return judge(credential, peer, {
      ...this.#rule,
      nowMs,
      revocation: this.#revoked.get(peer) ?? null,
      revokedIssuers: this.#list?.issuers ?? [],
      convicted: this.#convicted.has(peer),
    })
  }
}

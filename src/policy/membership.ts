import type { AgentId } from '../ports.ts'
import { type AdmissionRule, type Judgement, judge, type Standing } from './admission.ts'
import type { Certificate, Credential } from './certificate.ts'
import { type Revocation, type RevocationList, supersedes } from './revocations.ts'
import { allows, type Place, type Verb } from './table.ts'

/** Credentials kept at most; past it the one unused for longest goes, and is asked for again. */
const MEMBERS_MAX = 16_384
const CONVICTED_MAX = 1_024
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
  /** Nothing happens before this: the own certificate's beginning. A clock that says so is plainly wrong. */
  readonly earliestMs: number
}

/** One of the swarm, and how it stands. */
interface Member {
  readonly credential: Credential
  standing: Standing | null
  /** When it was judged. */
  judgedMs: number
}

/** Who belongs to the swarm, as far as one agent knows, and what each may do. */
export class Membership {
  readonly #rule: MembershipRule
  readonly #members = new Map<AgentId, Member>()
  readonly #convicted = new Map<AgentId, number>()
  #list: RevocationList | null = null
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

  /** Of all members known, in no order. */
  *certificates(): Iterable<Certificate> {
    for (const { credential } of this.#members.values()) yield credential.certificate
  }

  credential(agent: AgentId): Credential | undefined {
    return this.#members.get(agent)?.credential
  }

  /** Judges what `peer` shows of itself, and remembers it if it is good. */
  admit(credential: Credential, peer: AgentId, nowMs: number): Judgement {
    const judgement = this.#judge(credential, peer, nowMs)
    if ('standing' in judgement) this.#keep(credential, judgement.standing, nowMs)
    return judgement
  }

  /** How an agent stands now; null = unknown, or let in no more. */
  standing(agent: AgentId, nowMs: number): Standing | null {
    const member = this.#members.get(agent)
    if (member === undefined) return null
    if (Math.abs(nowMs - member.judgedMs) > JUDGED_FOR_MS) {
      const judgement = this.#judge(member.credential, agent, nowMs)
      member.standing = 'standing' in judgement ? judgement.standing : null
      member.judgedMs = nowMs
      // Behind all that nobody asks about: our own is learned first, and must not be the first to go.
      this.#members.delete(agent)
      this.#members.set(agent, member)
    }
    return member.standing
  }

  /** Whether an agent has a right now. */
  may<P extends Place>(agent: AgentId, place: P, verb: Verb<P>, nowMs: number): boolean {
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
   * Two things that exclude each other were signed with this agent's key: no certificate up to `serial` is good.
   * Returns that serial, by default of the one it has; null if it was convicted before.
   */
  convict(agent: AgentId, serial = this.#serialOf(agent)): number | null {
    const before = this.#convicted.get(agent)
    if (before !== undefined && before >= serial) return null
    this.#convicted.delete(agent)
    this.#convicted.set(agent, serial)
    dropOldest(this.#convicted, CONVICTED_MAX)
    this.#judgeAnew()
    return serial
  }

  #serialOf(agent: AgentId): number {
    return this.credential(agent)?.certificate.serial ?? 0
  }

  #judgeAnew(): void {
    for (const member of this.#members.values()) member.judgedMs = Number.NEGATIVE_INFINITY
  }

  #keep(credential: Credential, standing: Standing, nowMs: number): void {
    const { agent, serial } = credential.certificate
    if (serial < this.#serialOf(agent)) return
    this.#members.delete(agent)
    this.#members.set(agent, { credential, standing, judgedMs: nowMs })
    dropOldest(this.#members, MEMBERS_MAX)
  }

  #judge(credential: Credential, peer: AgentId, nowMs: number): Judgement {
    const { earliestMs, ...rule } = this.#rule
    return judge(credential, peer, {
      ...rule,
      nowMs: nowMs < earliestMs - rule.clockBoundMs ? null : nowMs,
      revocation: this.#revoked.get(peer) ?? null,
      revokedIssuers: this.#list?.issuers ?? [],
      convictedSerial: this.#convicted.get(peer) ?? null,
    } satisfies AdmissionRule)
  }
}

/** A Map gives its keys in the order they were set. */
function dropOldest(map: Map<AgentId, unknown>, max: number): void {
  if (map.size <= max) return
  const oldest = map.keys().next().value
  if (oldest !== undefined) map.delete(oldest)
}

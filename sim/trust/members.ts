import type { Credential } from '../../src/policy/certificate.ts'
import type { RevocationList } from '../../src/policy/revocations.ts'
import type { AgentId } from '../../src/ports.ts'
import type { SimAuthority } from './authority.ts'

/** What is true of one member's certificate, whoever knows it. */
interface Member {
  credential: Credential
  /** When it ends, ms since the start of the run; null = not in this one. */
  endsMs: number | null
  /** Newest serial taken back, and the epoch of the list that says so. */
  revoked: { readonly serial: number; readonly epoch: number } | null
  /** It signed two things with one number: with that key it is believed no more. */
  hasLied: boolean
  isLying: boolean
}

/** The truth about everybody's certificates: what the rules hold beliefs against. */
export class Members {
  readonly #authority: SimAuthority
  readonly #ids: readonly AgentId[]
  readonly #members: Member[]

  /** `ends`: certificates that end in this run, ms since its start, by node. */
  constructor(authority: SimAuthority, ids: readonly AgentId[], ends: ReadonlyMap<number, number>) {
    this.#authority = authority
    this.#ids = ids
    this.#members = ids.map((id, i) => {
      const endsMs = ends.get(i) ?? null
      const credential = authority.issue(id, endsMs ?? undefined)
      return { credential, endsMs, revoked: null, hasLied: false, isLying: false }
    })
  }

  credential(node: number): Credential {
    return this.#of(node).credential
  }

  endsMs(node: number): number | null {
    return this.#of(node).endsMs
  }

  /** The epoch that took back the certificate a node has; null = it is not taken back. */
  revokedEpoch(node: number): number | null {
    const { revoked, credential } = this.#of(node)
    return revoked !== null && credential.certificate.serial <= revoked.serial ? revoked.epoch : null
  }

  isLying(node: number): boolean {
    return this.#of(node).isLying
  }

  everLied(node: number): boolean {
    return this.#of(node).hasLied
  }

  /** Whether nobody has to believe a node, or may not: by what is true, not by what anybody knows. */
  isOutcast(node: number, nowMs: number): boolean {
    const { endsMs, hasLied } = this.#of(node)
    const isEnded = endsMs !== null && nowMs >= endsMs
    return isEnded || hasLied || this.revokedEpoch(node) !== null
  }

  revoke(node: number, nowMs: number): RevocationList {
    const member = this.#of(node)
    const { serial } = member.credential.certificate
    const list = this.#authority.revoke(this.#ids[node] as AgentId, serial, nowMs)
    member.revoked = { serial, epoch: list.epoch }
    return list
  }

  renew(node: number): Credential {
    const member = this.#of(node)
    member.credential = this.#authority.issue(this.#ids[node] as AgentId)
    member.endsMs = null
    return member.credential
  }

  /** From now on a node signs two reports with every number, or no longer. */
  lie(node: number, isLying: boolean): void {
    const member = this.#of(node)
    member.isLying = isLying
    member.hasLied ||= isLying
  }

  honestFromNow(): void {
    for (const member of this.#members) member.isLying = false
  }

  #of(node: number): Member {
    return this.#members[node] as Member
  }
}

import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { encodeCredential, sealCertificate } from '../../protocols/trust/certificate.ts'
import { openGenesis } from '../../protocols/trust/genesis.ts'
import { openRevocations, REVOCATIONS_MAX, sealRevocations } from '../../protocols/trust/revocations.ts'
import type { Certificate } from '../../src/policy/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import {
  type LogPlace,
  lastEpochOf,
  type Revocation,
  type RevocationList,
} from '../../src/policy/revocations.ts'
import type { Role } from '../../src/policy/roles.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import { AuthorityError } from './authority-error.ts'
import { type Founding, foundSwarm, ISSUING_KEY_FOR_MS } from './found.ts'
import { checkGrant, checkSigner } from './grant-check.ts'
import { type IssuingKey, keyOf, nameIssuingKey, newSeed, type SecretKey } from './keys.ts'
import { checkClock, prunable } from './prune.ts'
import { validToOf } from './valid-to.ts'

const SERIAL_MAX = 1_000_000_000

/** What somebody is to be given. */
export interface Grant {
  readonly agent: AgentId
  /** What people call it; of one agent at a time. */
  readonly name: string
  readonly roles: readonly Role[]
  /** H3 cells in which rights over others hold. @default everywhere */
  readonly cells?: readonly CellId[]
  /** Wall ms. @default now */
  readonly notBeforeMs?: number
  /** Wall ms. */
  readonly notAfterMs: number
}

/** A certificate that was given out. */
export interface Issued {
  readonly certificate: Certificate
  /** Serial of the issuing key that signed it. */
  readonly issuer: number
  /** Both certificates: all it takes to go from the root key to the agent. */
  readonly credential: Uint8Array
}

/** All that an authority is: what it starts from, and goes on from. */
export interface AuthorityState {
  readonly genesis: Uint8Array
  /** null = the root key is offline; only `rotate` and `disown` need it. */
  readonly root: SecretKey | null
  readonly issuing: IssuingKey
  /** Everything ever issued, by rising serial. */
  readonly issued: readonly Issued[]
  /** The newest list; null = nothing was taken back yet. */
  readonly revocations: Uint8Array | null
}

/**
 * The certificate authority of one swarm: keys in, signed records out. Knows no files: whoever hands out what it
 * returns first makes durable what must not be forgotten (`AuthorityDirectory`), or forgets it all (demo, tests).
 */
export class Authority {
  readonly founding: Genesis
  readonly genesis: Uint8Array
  readonly #root: SecretKey | null
  readonly #nowMs: () => number
  readonly #issued: Issued[]
  #issuing: IssuingKey
  #list: RevocationList | null

  /** `nowMs`: wall clock, ms. Throws FrameError when a record of `state` is not what it should be. */
  constructor(state: AuthorityState, nowMs: () => number) {
    this.genesis = state.genesis
    this.founding = openGenesis(state.genesis, verifyEd25519)
    this.#root = state.root
    this.#nowMs = nowMs
    this.#issuing = state.issuing
    this.#issued = [...state.issued]
    this.#list =
      state.revocations === null ? null : openRevocations(state.revocations, this.founding, verifyEd25519)
  }

  /** Everything ever issued, by rising serial. */
  get issued(): readonly Issued[] {
    return this.#issued
  }

  get issuing(): IssuingKey {
    return this.#issuing
  }

  get revocations(): RevocationList | null {
    return this.#list
  }

  /** Gives an agent a certificate; it replaces those it has. @throws AuthorityError */
  issue(grant: Grant): Issued & { readonly serial: number } {
    const nowMs = this.#nowMs()
    const { agent, name, roles, cells = [], notBeforeMs = nowMs, notAfterMs } = grant
    const serial = this.#lastSerial() + 1
    const certificate: Certificate = {
      swarm: this.founding.swarm,
      agent,
      name,
      roles: [...new Set(roles)],
      cells: [...new Set(cells)].sort(),
      notBeforeMs,
      notAfterMs,
      serial,
      epoch: this.#list?.epoch ?? 0,
    }
    checkGrant(certificate, this, nowMs)
    const credential = encodeCredential(
      sealCertificate(certificate, this.#issuing.signer.sign),
      this.#issuing.bytes,
    )
    const issued = { certificate, issuer: this.#issuing.certificate.serial, credential, serial }
    this.#issued.push(issued)
    return issued
  }

  /**
   * Takes back an agent's certificates and returns the new list. `serial`: this one and all before it, issued or not;
   * by default every one so far. `afterEpoch`: the list counts on from there, where nodes know newer ones than we do.
   * `validTo`: what it signed up to here stays valid; as before, or nothing, by default.
   */
  revoke(entry: {
    readonly agent: AgentId
    readonly serial?: number
    readonly reason?: string
    readonly validTo?: LogPlace | null
    readonly afterEpoch?: number
  }): Uint8Array {
    const { agent, serial = this.#lastSerial(), reason = '', afterEpoch = 0 } = entry
    if (entry.serial === undefined && this.lastOf(agent) === undefined) {
      throw new AuthorityError(
        'AUTHORITY_UNKNOWN',
        `agent ${agent} was never issued a certificate`,
        'See: skein ca list',
      )
    }
    if (serial < 1 || serial > SERIAL_MAX) {
      throw new AuthorityError(
        'AUTHORITY_REFUSED',
        `there is no serial ${serial}: they go from 1 to ${SERIAL_MAX}`,
        'New certificates are numbered from there: give the highest serial that was seen',
      )
    }
    const before = this.#list?.revocations.find(other => other.agent === agent)
    const revocation = {
      agent,
      // What was taken back stays taken back.
      serial: Math.max(serial, before?.serial ?? 0),
      revokedMs: this.#nowMs(),
      reason,
      validTo: validToOf(before, entry.validTo, (this.lastOf(agent)?.serial ?? 0) > (before?.serial ?? 0)),
    }
    const others = this.#list?.revocations.filter(other => other !== before) ?? []
    const entries = [...this.#fitting(others), revocation]
    return this.#publish(entries, this.#list?.issuers ?? [], { afterEpoch })
  }

  /**
   * Makes a list without the entries that take back nothing which could be valid anywhere, long after it ended; null =
   * there are none. Revoking does so by itself when the list is full. @throws AuthorityError
   */
  prune(): { readonly bytes: Uint8Array; readonly dropped: readonly Revocation[] } | null {
    checkClock(this, this.#nowMs())
    const dropped = prunable(this, this.#nowMs())
    if (this.#list === null || dropped.length === 0) return null
    const { revocations, issuers } = this.#list
    const kept = revocations.filter(entry => !dropped.includes(entry))
    return { bytes: this.#publish(kept, issuers), dropped }
  }

  /**
   * Disowns issuing keys with the root key, and with them every certificate they issued; returns the new list.
   * Throws AuthorityError without the root key.
   */
  disown(serials: readonly number[], afterEpoch = 0): Uint8Array {
    const unknown = serials.find(serial => serial < 1 || serial > this.#issuing.certificate.serial)
    if (unknown !== undefined) {
      throw new AuthorityError(
        'AUTHORITY_UNKNOWN',
        `there is no issuing key ${unknown}`,
        `They are numbered from 1 to ${this.#issuing.certificate.serial}`,
      )
    }
    const issuers = [...new Set([...(this.#list?.issuers ?? []), ...serials])]
    return this.#publish(this.#list?.revocations ?? [], issuers, { byRoot: true, afterEpoch })
  }

  /** Makes a new issuing key, signed by the root key. What the old one issued stays good. @throws AuthorityError */
  rotate(options: { readonly forMs?: number; readonly seed?: Uint8Array } = {}): IssuingKey {
    const nowMs = this.#nowMs()
    this.#issuing = nameIssuingKey(this.#rootKey(), keyOf(options.seed ?? newSeed()), {
      swarm: this.founding.swarm,
      notBeforeMs: nowMs,
      notAfterMs: nowMs + (options.forMs ?? ISSUING_KEY_FOR_MS),
      serial: this.#issuing.certificate.serial + 1,
    })
    return this.#issuing
  }

  /** The newest certificate of an agent. */
  lastOf(agent: AgentId): Certificate | undefined {
    return this.#issued.findLast(({ certificate }) => certificate.agent === agent)?.certificate
  }

  /** Whether a certificate was taken back: from its `agent`, or with all that its `issuer` signed; null = neither. */
  revokedWith({ certificate, issuer }: Issued): 'agent' | 'issuer' | null {
    const { agent, serial } = certificate
    const isOut = this.#list?.revocations.some(entry => entry.agent === agent && serial <= entry.serial)
    if (isOut === true) return 'agent'
    return this.#list?.issuers.includes(issuer) === true ? 'issuer' : null
  }

  #publish(
    revocations: readonly Revocation[],
    issuers: readonly number[],
    { byRoot = false, afterEpoch = 0 } = {},
  ): Uint8Array {
    const { swarm } = this.founding
    if (!byRoot) checkSigner(this.#issuing.certificate, this.#nowMs())
    if (revocations.length > REVOCATIONS_MAX) {
      throw new AuthorityError(
        'AUTHORITY_REFUSED',
        `a revocation list has at most ${REVOCATIONS_MAX} entries`,
        'Disown the issuing key as a whole: skein ca rotate --revoke-old, then renew who stays',
      )
    }
    const list = {
      swarm,
      epoch: this.#nextEpoch(issuers, byRoot, afterEpoch),
      issuedMs: this.#nowMs(),
      revocations,
      issuers,
    }
    const bytes = byRoot
      ? sealRevocations(list, null, this.#rootKey().signer.sign)
      : sealRevocations(list, this.#issuing.bytes, this.#issuing.signer.sign)
    this.#list = openRevocations(bytes, this.founding, verifyEd25519)
    return bytes
  }

  /** One more; and beyond what keys can count to that are older, or disowned, and may be in the hands of thieves. */
  #nextEpoch(issuers: readonly number[], byRoot: boolean, afterEpoch: number): number {
    const { serial } = this.#issuing.certificate
    const known = Math.max(this.#list?.epoch ?? 0, afterEpoch)
    const epoch = Math.max(known, lastEpochOf(serial - 1), lastEpochOf(Math.max(0, ...issuers))) + 1
    if (byRoot || epoch <= lastEpochOf(serial)) return epoch
    throw new AuthorityError(
      'AUTHORITY_REFUSED',
      `issuing key ${serial} was disowned, or has signed as many lists as it may`,
      'Make a new one with the root key: skein ca rotate',
    )
  }

  /** Entries beside which there is room for one more. */
  #fitting(entries: readonly Revocation[]): readonly Revocation[] {
    if (entries.length < REVOCATIONS_MAX) return entries
    const over = prunable(this, this.#nowMs())
    return entries.filter(entry => !over.includes(entry))
  }

  /**
   * The highest that may have been given out. A registry that was restored from a backup has forgotten some; what was
   * taken back tells of them.
   */
  #lastSerial(): number {
    const takenBack = this.#list?.revocations.map(({ serial }) => serial) ?? []
    return Math.max(this.#issued.at(-1)?.certificate.serial ?? 0, ...takenBack)
  }

  #rootKey(): SecretKey {
    if (this.#root !== null) return this.#root
    throw new AuthorityError(
      'AUTHORITY_ROOT_NEEDED',
      'this needs the root key, which is not here',
      'Give --root-key FILE',
    )
  }
}

/** Founds a swarm and makes its authority, all in memory. @throws AuthorityError */
export function createAuthority(founding: Founding & { readonly nowMs: () => number }): Authority {
  const founded = foundSwarm(founding, founding.nowMs())
  return new Authority({ ...founded, issued: [], revocations: null }, founding.nowMs)
}

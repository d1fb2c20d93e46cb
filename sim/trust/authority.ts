import {
  encodeCredential,
  openCredential,
  sealCertificate,
  sealIssuer,
} from '../../protocols/trust/certificate.ts'
import { openGenesis, sealGenesis } from '../../protocols/trust/genesis.ts'
import { openRevocations, sealRevocations } from '../../protocols/trust/revocations.ts'
import type { Credential } from '../../src/policy/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { Revocation, RevocationList } from '../../src/policy/revocations.ts'
import type { AgentId, Signer } from '../../src/ports.ts'
import { EPOCH_MS } from '../process/clock.ts'

/** How long after its certificate's end a drone is still heard: enough to fly home from anywhere here. */
export const GRACE_MS = 180_000
const DAY_MS = 86_400_000

export interface SimAuthorityInit {
  readonly swarm: string
  readonly root: Signer
  readonly issuing: Signer
  readonly clockBoundMs: number
  readonly cellResolution: number
}

/** The authority of a simulated swarm: makes the true records with the true codecs. */
export class SimAuthority {
  readonly genesis: Genesis
  readonly #init: SimAuthorityInit
  readonly #issuer: Uint8Array
  readonly #revoked = new Map<AgentId, Revocation>()
  #serial = 0
  #epoch = 0

  constructor(init: SimAuthorityInit) {
    const { swarm, root, issuing, clockBoundMs, cellResolution } = init
    this.#init = init
    const founding: Genesis = {
      swarm,
      rootKey: root.publicKey,
      createdMs: EPOCH_MS - DAY_MS,
      voters: [],
      defaults: { clockBoundMs, cellResolution, graceMs: GRACE_MS, rootLeaseMs: 0 },
      zones: [],
    }
    this.genesis = openGenesis(sealGenesis(founding, root.sign), root.verify)
    const { publicKey } = issuing
    this.#issuer = sealIssuer(
      { swarm, publicKey, notBeforeMs: EPOCH_MS - DAY_MS, notAfterMs: EPOCH_MS + DAY_MS, serial: 1 },
      root.sign,
    )
  }

  /** A certificate that ends with this day, or before, ms of true time since the start of the run. */
  issue(agent: AgentId, endsMs: number = DAY_MS): Credential {
    const { swarm, issuing, root } = this.#init
    const certificate = sealCertificate(
      {
        swarm,
        agent,
        name: agent.slice(-6),
        roles: ['drone'],
        cells: [],
        notBeforeMs: EPOCH_MS - DAY_MS,
        notAfterMs: EPOCH_MS + Math.min(endsMs, DAY_MS),
        serial: ++this.#serial,
        epoch: this.#epoch,
      },
      issuing.sign,
    )
    const opened = openCredential(encodeCredential(certificate, this.#issuer), this.genesis, root.verify)
    if ('refusal' in opened) throw new Error(`the simulated authority issued a bad one: ${opened.reason}`)
    return opened.credential
  }

  /** Takes back a certificate of an agent and all before it: the next list. `nowMs`: since the start of the run. */
  revoke(agent: AgentId, serial: number, nowMs: number): RevocationList {
    const { swarm, issuing, root } = this.#init
    this.#revoked.set(agent, {
      agent,
      serial,
      revokedMs: EPOCH_MS + nowMs,
      reason: 'captured',
      validTo: null,
    })
    const list = {
      swarm,
      epoch: ++this.#epoch,
      issuedMs: EPOCH_MS + nowMs,
      revocations: [...this.#revoked.values()],
      issuers: [],
    }
    return openRevocations(sealRevocations(list, this.#issuer, issuing.sign), this.genesis, root.verify)
  }
}

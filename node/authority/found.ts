import { sealGenesis } from '../../protocols/trust/genesis.ts'
import { DEFAULT_AGENT_CONFIG } from '../../src/agent/config.ts'
import type { Genesis, ZoneFile } from '../../src/policy/genesis.ts'
import type { AgentId } from '../../src/ports.ts'
import { AuthorityError } from './authority-error.ts'
import { type IssuingKey, keyOf, nameIssuingKey, newSeed, type SecretKey } from './keys.ts'

const SWARM_FORM = /^[a-z0-9][a-z0-9-]{0,62}$/
const HOUR_MS = 3_600_000
export const ISSUING_KEY_FOR_MS = 365 * 24 * HOUR_MS

/** What must be the same in the whole swarm, unless its founders say otherwise. */
const GENESIS_DEFAULTS: Genesis['defaults'] = {
  clockBoundMs: DEFAULT_AGENT_CONFIG.clockBoundMs,
  cellResolution: DEFAULT_AGENT_CONFIG.cellResolution,
  graceMs: HOUR_MS,
  rootLeaseMs: HOUR_MS / 4,
}

export interface Founding {
  /** Lower-case letters, digits and dashes, at most 63. */
  readonly swarm: string
  /** Founding voters of the root group. */
  readonly voters?: readonly AgentId[]
  readonly defaults?: Partial<Genesis['defaults']>
  readonly zones?: readonly ZoneFile[]
  /** How long the first issuing key may issue, ms. @default a year */
  readonly issuingKeyForMs?: number
  /** Makes the 32 secret bytes of a key: of the root first, then of the issuing key. @default random */
  readonly seed?: () => Uint8Array
}

/** A swarm that was founded, and the keys that speak for it. */
export interface Founded {
  readonly genesis: Uint8Array
  readonly root: SecretKey
  readonly issuing: IssuingKey
}

/** Makes the root key, the founding record it signs, and the first issuing key. @throws AuthorityError */
export function foundSwarm(founding: Founding, nowMs: number): Founded {
  const { swarm, voters = [], defaults, zones = [], seed = newSeed } = founding
  if (!SWARM_FORM.test(swarm)) {
    throw new AuthorityError(
      'AUTHORITY_REFUSED',
      `'${swarm}' can't be the name of a swarm`,
      'Use lower-case letters, digits and dashes, at most 63, and no dash first',
    )
  }
  const root = keyOf(seed())
  const genesis = {
    swarm,
    rootKey: root.signer.publicKey,
    createdMs: nowMs,
    voters: [...new Set(voters)].sort(),
    defaults: { ...GENESIS_DEFAULTS, ...defaults },
    zones,
  }
  const issuing = nameIssuingKey(root, keyOf(seed()), {
    swarm,
    notBeforeMs: nowMs,
    notAfterMs: nowMs + (founding.issuingKeyForMs ?? ISSUING_KEY_FOR_MS),
    serial: 1,
  })
  return { genesis: seal(genesis, root), root, issuing }
}

function seal(genesis: Genesis, root: SecretKey): Uint8Array {
  try {
    return sealGenesis(genesis, root.signer.sign)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new AuthorityError(
      'AUTHORITY_REFUSED',
      error.message,
      'Give what `skein init` prints on the voter, such as 12D3Koo…',
      { cause: error },
    )
  }
}

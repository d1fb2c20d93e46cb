import { LRUCache } from 'lru-cache'
import type { AgentId } from '../../src/ports.ts'
import { agentIdOf, publicKeyOf } from './agent-id.ts'

/** One known author. */
export interface KnownKey {
  readonly agent: AgentId
  readonly publicKey: Uint8Array
  /** First 8 bytes of the key's SHA-256: what most messages carry in place of the key. */
  readonly keyId: Uint8Array
}

export const KEY_ID_LENGTH = 8
/** Far more than an agent hears; past it, those unheard for longest go and are learned again. */
const AUTHORS_MAX = 16_384

const nameOf = (keyId: Uint8Array): string => String.fromCharCode(...keyId)

/**
 * Who is behind a short key id. An id is no proof: every message is still verified with the full key, so a
 * collision (2^64 work to aim) makes one author unheard, never forged. The first key to claim an id keeps it.
 */
export class KeyDirectory {
  readonly #hash: (bytes: Uint8Array) => Uint8Array
  readonly #byId = new LRUCache<string, KnownKey>({ max: AUTHORS_MAX })
  /** The same by agent: decoding a key from base58 costs more than all else in a digest. */
  readonly #byAgent = new LRUCache<AgentId, KnownKey>({ max: AUTHORS_MAX })

  constructor(hash: (bytes: Uint8Array) => Uint8Array) {
    this.#hash = hash
  }

  /** Learns a key; returns how it is known from now on, or null if another key holds its id. */
  learn(publicKey: Uint8Array): KnownKey | null {
    // Copies, not views: a Buffer's slice would hold on to the whole frame it came in.
    const keyId = Uint8Array.from(this.#hash(publicKey).subarray(0, KEY_ID_LENGTH))
    const known = this.#byId.get(nameOf(keyId))
    if (known !== undefined) return known.publicKey.every((byte, i) => byte === publicKey[i]) ? known : null
    const learned = { agent: agentIdOf(publicKey), publicKey: Uint8Array.from(publicKey), keyId }
    this.#byId.set(nameOf(keyId), learned)
    this.#byAgent.set(learned.agent, learned)
    return learned
  }

  find(keyId: Uint8Array): KnownKey | undefined {
    return this.#byId.get(nameOf(keyId))
  }

  /** The key of an agent; its id contains it, so only what is no agent id (or loses to a collision) is null. */
  findAgent(agent: AgentId): KnownKey | null {
    const known = this.#byAgent.get(agent)
    if (known !== undefined) return known
    const publicKey = publicKeyOf(agent)
    return publicKey === null ? null : this.learn(publicKey)
  }
}

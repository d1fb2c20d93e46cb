import { type KeyObject, randomBytes } from 'node:crypto'
import { decrypt, encrypt, NONCE_BYTES, subkey, TAG_BYTES } from './gcm.ts'

/*
 * A value as it is stored: format (1 byte), salt (12), counter (4, big-endian), ciphertext, tag (16).
 *
 * A nonce must never come twice under one key, and nothing that is kept on a disk can see to that: a restored backup, a
 * cloned directory and a write that a power cut took back all count on from the same place. So nothing is kept. Whoever
 * opens the store draws a salt of 96 random bits and encrypts under a key of its own, derived from the data key and that
 * salt; the nonce is a counter that begins at 0 with the salt and ends with it: after 2^32 values another salt is drawn.
 * Two salts are the same with a probability of at most n^2 / 2^97 after n of them: 2^-33 after 2^32 starts of a node and
 * of all its clones together. What it does not withstand: a snapshot of a running machine's memory that is resumed twice.
 *
 * The key of the store that a value is under is bound to it, so values can't be swapped; the head is by what it derives.
 */
const FORMAT = 1
const SALT_BYTES = 12
const SALT_AT = 1
const COUNTER_AT = SALT_AT + SALT_BYTES
const HEAD_BYTES = COUNTER_AT + 4
const VALUES_PER_SALT = 2 ** 32
const PURPOSE = 'skein value 1'
/** Keys kept at hand for reading: one for each start that the log remembers, seldom more. */
const READING_KEYS_MAX = 1_024

export interface ValueCipher {
  seal(storeKey: Uint8Array, value: Uint8Array): Uint8Array
  /** null = not what was sealed under this store key, with this data key. */
  open(storeKey: Uint8Array, stored: Uint8Array): Uint8Array | null
}

export interface ValueCipherInit {
  /** @default 2^32 */
  readonly valuesPerSalt?: number
  /** @default node:crypto's */
  readonly random?: (bytes: number) => Uint8Array
}

/** One for each opening of a store. */
export function createValueCipher(dataKey: KeyObject, init: ValueCipherInit = {}): ValueCipher {
  const { valuesPerSalt = VALUES_PER_SALT, random = randomBytes } = init
  const keyOf = (salt: Uint8Array): KeyObject => subkey(dataKey, salt, PURPOSE)
  const readingKeys = new Map<string, KeyObject>()
  let salt = random(SALT_BYTES)
  let key = keyOf(salt)
  let counter = 0

  function readingKey(salt: Uint8Array): KeyObject {
    const name = Buffer.from(salt.buffer, salt.byteOffset, salt.byteLength).toString('latin1')
    const known = readingKeys.get(name)
    if (known !== undefined) return known
    if (readingKeys.size >= READING_KEYS_MAX) readingKeys.clear()
    const made = keyOf(salt)
    readingKeys.set(name, made)
    return made
  }

  return {
    seal(storeKey, value) {
      if (counter === valuesPerSalt) {
        salt = random(SALT_BYTES)
        key = keyOf(salt)
        counter = 0
      }
      const nonce = nonceOf(counter++)
      const stored = encrypt(key, nonce, storeKey, value, HEAD_BYTES)
      stored[0] = FORMAT
      stored.set(salt, SALT_AT)
      stored.set(nonce.subarray(-4), COUNTER_AT)
      return stored
    },
    open(storeKey, stored) {
      if (stored.byteLength < HEAD_BYTES + TAG_BYTES || stored[0] !== FORMAT) return null
      const nonce = new Uint8Array(NONCE_BYTES)
      nonce.set(stored.subarray(COUNTER_AT, HEAD_BYTES), NONCE_BYTES - 4)
      const key = readingKey(stored.subarray(SALT_AT, COUNTER_AT))
      return decrypt(key, nonce, storeKey, stored.subarray(HEAD_BYTES))
    },
  }
}

function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  for (let i = 0; i < 4; i++) nonce[NONCE_BYTES - 1 - i] = counter >>> (8 * i)
  return nonce
}

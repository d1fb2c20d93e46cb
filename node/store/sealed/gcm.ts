import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
export const NONCE_BYTES = 12
export const TAG_BYTES = 16
const OPTIONS = { authTagLength: TAG_BYTES }

/** `headBytes` bytes left free for the caller, then the ciphertext, then the tag. */
export function encrypt(
  key: KeyObject,
  nonce: Uint8Array,
  bound: Uint8Array,
  plain: Uint8Array,
  headBytes = 0,
): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS)
  cipher.setAAD(bound)
  const sealed = new Uint8Array(headBytes + plain.byteLength + TAG_BYTES)
  sealed.set(cipher.update(plain), headBytes)
  cipher.final()
  sealed.set(cipher.getAuthTag(), headBytes + plain.byteLength)
  return sealed
}

/** What was encrypted; null if any bit of it, of the nonce or of what it is bound to is another, or the key is. */
export function decrypt(
  key: KeyObject,
  nonce: Uint8Array,
  bound: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  const end = sealed.byteLength - TAG_BYTES
  if (end < 0) return null
  const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS)
  decipher.setAAD(bound)
  decipher.setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
  } catch {
    return null
  }
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength)
}

/** A key for one purpose and one salt, by HKDF-SHA-256 (RFC 5869). */
export function subkey(key: KeyObject, salt: Uint8Array, purpose: string): KeyObject {
  return secretKey(new Uint8Array(hkdfSync('sha256', key, salt, purpose, KEY_BYTES)))
}

/** As a key object, 32 bytes can't end up in a log by being printed. */
export function secretKey(bytes: Uint8Array): KeyObject {
  return createSecretKey(bytes)
}

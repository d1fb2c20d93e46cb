import { type KeyObject, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { decrypt, encrypt, NONCE_BYTES, subkey, TAG_BYTES } from './gcm.ts'

/*
 * A small secret file, encrypted: one line of JSON. Each file's name has a key of its own, so none passes for another.
 * Nonces are random: such a file is written a few times in its life, and 2^32 times is what that allows.
 */
const FORMAT = 1
const HEAD = '{"skeinSealed":'
const NO_SALT = new Uint8Array()

const hex = (bytesMin: number, bytesMax: number) =>
  z.string().regex(new RegExp(`^([0-9a-f]{2}){${bytesMin},${bytesMax}}$`))
const fileSchema = z.strictObject({
  skeinSealed: z.literal(FORMAT),
  name: z.string(),
  nonce: hex(NONCE_BYTES, NONCE_BYTES),
  /** Ciphertext and tag. */
  sealed: hex(TAG_BYTES, 4_096),
})

/** Whether it is a file of ours at all, of whatever version. */
export function isSealed(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, HEAD.length)).toString('latin1') === HEAD
}

export function sealFile(
  key: KeyObject,
  name: string,
  plain: Uint8Array,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): string {
  const sealed = encrypt(keyOf(key, name), nonce, NO_SALT, plain)
  const content: z.input<typeof fileSchema> = {
    skeinSealed: FORMAT,
    name,
    nonce: Buffer.from(nonce).toString('hex'),
    sealed: Buffer.from(sealed).toString('hex'),
  }
  return `${JSON.stringify(content)}\n`
}

/** newer = of a newer program. damaged = not in the one form allowed. refused = another key's, or altered. */
export type Unopened = 'newer' | 'damaged' | 'refused'

export function openSealed(key: KeyObject, name: string, content: Uint8Array): Uint8Array | Unopened {
  const value = jsonOf(content)
  const version = z.looseObject({ skeinSealed: z.int() }).safeParse(value).data?.skeinSealed
  if (version !== undefined && version > FORMAT) return 'newer'
  const parsed = fileSchema.safeParse(value)
  if (!parsed.success || parsed.data.name !== name) return 'damaged'
  const { nonce, sealed } = parsed.data
  const opened = decrypt(keyOf(key, name), Buffer.from(nonce, 'hex'), NO_SALT, Buffer.from(sealed, 'hex'))
  return opened ?? 'refused'
}

function keyOf(key: KeyObject, name: string): KeyObject {
  return subkey(key, NO_SALT, `skein file ${FORMAT} ${name}`)
}

function jsonOf(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'))
  } catch {
    return null
  }
}

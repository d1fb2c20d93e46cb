import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { z } from 'zod'
import { syncDir } from '../store/durable-file.ts'
import { AuthorityError } from './authority-error.ts'
import { keyOf, type SecretKey } from './keys.ts'

/*
 * A key of the authority: a libp2p protobuf private key, as an agent's identity.key; or, under a passphrase, that
 * same in AES-256-GCM with a key by scrypt, as one line of JSON that says how.
 */
const SEED_BYTES = 32
const OTHERS_MASK = 0o077
/** 128 MiB and a third of a second for each guess: the second recommendation of RFC 9106's authors for scrypt. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 }
const CIPHER = 'aes-256-gcm'

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const lockedSchema = z.strictObject({
  skeinKey: z.literal(1),
  kdf: z.literal('scrypt'),
  n: z.literal(SCRYPT.N),
  r: z.literal(SCRYPT.r),
  p: z.literal(SCRYPT.p),
  salt: hex(16),
  cipher: z.literal(CIPHER),
  nonce: hex(12),
  sealed: z.string().regex(/^[0-9a-f]{168}$/),
})

/**
 * Writes a new key, readable by its owner only; never replaces one. Durable when this resolves.
 * `passphrase`: null = as it is.
 */
export async function writeKeyFile(file: string, key: SecretKey, passphrase: string | null): Promise<void> {
  const plain = privateKeyToProtobuf(await generateKeyPairFromSeed('Ed25519', key.seed))
  const content = passphrase === null ? plain : await locked(plain, passphrase)
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(aside, content, { flag: 'wx', mode: 0o600, flush: true })
    await link(aside, file)
  } finally {
    await rm(aside, { force: true })
  }
  await syncDir(dirname(file))
}

/** Reads a key. Throws AuthorityError when others may read it, it is damaged, or the passphrase is not its. */
export async function readKeyFile(file: string, passphrase: string | null): Promise<SecretKey> {
  const { mode } = await stat(file)
  if ((mode & OTHERS_MASK) !== 0) {
    throw new AuthorityError(
      'AUTHORITY_DAMAGED',
      `${file}: others may read or change this secret key (mode ${(mode & 0o777).toString(8)})`,
      `Run: chmod 600 ${file}`,
    )
  }
  const content = await readFile(file)
  const isLocked = content[0] === '{'.charCodeAt(0)
  if (isLocked && passphrase === null) {
    throw new AuthorityError(
      'AUTHORITY_PASSPHRASE',
      `${file} is locked by a passphrase`,
      'Give --passphrase-file FILE',
    )
  }
  const plain = isLocked ? await unlocked(file, content, passphrase ?? '') : content
  return keyOf(await seedOf(file, plain))
}

async function seedOf(file: string, plain: Uint8Array): Promise<Uint8Array> {
  try {
    const seed = privateKeyFromProtobuf(plain).raw.slice(0, SEED_BYTES)
    // Every bit counts: the public half must follow from the seed, and the header must be that of Ed25519.
    const again = privateKeyToProtobuf(await generateKeyPairFromSeed('Ed25519', seed))
    if (Buffer.from(again).equals(plain)) return seed
  } catch {
    // Said below.
  }
  throw damaged(file)
}

function damaged(file: string): AuthorityError {
  return new AuthorityError(
    'AUTHORITY_DAMAGED',
    `${file} is damaged: it holds no Ed25519 private key`,
    'Restore it from a backup',
  )
}

async function locked(plain: Uint8Array, passphrase: string): Promise<string> {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv(CIPHER, await stretched(passphrase, salt), nonce)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  const content: z.input<typeof lockedSchema> = {
    skeinKey: 1,
    kdf: 'scrypt',
    n: SCRYPT.N,
    r: SCRYPT.r,
    p: SCRYPT.p,
    salt: salt.toString('hex'),
    cipher: CIPHER,
    nonce: nonce.toString('hex'),
    sealed: sealed.toString('hex'),
  }
  return `${JSON.stringify(content)}\n`
}

async function unlocked(file: string, content: Buffer, passphrase: string): Promise<Uint8Array> {
  const parsed = lockedSchema.safeParse(jsonOf(content))
  if (!parsed.success) throw damaged(file)
  const [salt, nonce, sealed] = [parsed.data.salt, parsed.data.nonce, parsed.data.sealed].map(text =>
    Buffer.from(text, 'hex'),
  ) as [Buffer, Buffer, Buffer]
  const decipher = createDecipheriv(CIPHER, await stretched(passphrase, salt), nonce)
  decipher.setAuthTag(sealed.subarray(-16))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  } catch (cause) {
    throw new AuthorityError(
      'AUTHORITY_PASSPHRASE',
      `the passphrase does not open ${file}`,
      'Give the one it was made with (--passphrase-file); if it is the right one, the file is damaged',
      { cause },
    )
  }
}

function jsonOf(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return null
  }
}

function stretched(passphrase: string, salt: Buffer): Promise<Buffer> {
  const derive = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt)
  return derive(passphrase.normalize('NFKC'), salt, 32, SCRYPT)
}

import { type KeyObject, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { AgentId } from '../../src/ports.ts'
import { IDENTITY_FILE, identityPath, readLayout } from '../store/layout.ts'
import { openSealed, sealFile } from '../store/sealed/sealed-file.ts'

/*
 * The key's file in the data directory: a libp2p protobuf private key, so that any libp2p tool reads it. In an encrypted
 * directory, the same under the data key.
 */

/** 2 header fields of 2 bytes each, then 32 bytes of seed and 32 of public key. */
const FILE_BYTES = 68
const SEED_BYTES = 32
const OWNER_ONLY = 0o600
const OTHERS_MASK = 0o077

export type IdentityErrorCode =
  | 'IDENTITY_MISSING'
  | 'IDENTITY_EXISTS'
  | 'IDENTITY_ENCRYPTED'
  | 'IDENTITY_UNREADABLE'
  | 'IDENTITY_UNWRITABLE'
  | 'IDENTITY_PERMISSIONS'
  | 'IDENTITY_CORRUPT'
  | 'IDENTITY_WRONG_TYPE'

/** The agent's key can't be used. Says which file, what is wrong with it, and what to do. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly code: IdentityErrorCode
  readonly file: string
  readonly advice: string

  constructor(
    code: IdentityErrorCode,
    file: string,
    what: string,
    advice: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${file}: ${what}. ${advice}`, options)
    this.code = code
    this.file = file
    this.advice = advice
  }
}

/** Who this agent is. The seed and the private key are secrets: never log or print them. */
export interface Identity {
  readonly privateKey: Ed25519PrivateKey
  /** 32 bytes, RFC 8032. */
  readonly seed: Uint8Array
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** The peer id in text, `12D3Koo…`. */
  readonly agent: AgentId
}

/**
 * Reads and checks the agent's key. Every flipped bit of the file is noticed: the public half must follow
 * from the seed, and the header must be that of an Ed25519 key. `dataKey`: of an encrypted directory (`unlockData`).
 */
export async function loadIdentity(dataDir: string, dataKey: KeyObject | null = null): Promise<Identity> {
  const file = await fileOf(dataDir, dataKey)
  const content = await readKeyFile(file)
  const bytes = dataKey === null ? content : unsealed(file, content, dataKey)
  const privateKey = decodeKey(file, bytes)
  const seed = privateKey.raw.slice(0, SEED_BYTES)
  const identity = await identityFromSeed(seed)
  if (!Buffer.from(bytes).equals(privateKeyToProtobuf(identity.privateKey))) {
    throw corrupt(file, 'its public half does not belong to its private half')
  }
  return identity
}

/**
 * Makes a new key and writes it to the data directory (made if missing), readable by the owner only. Durable
 * when this resolves, and never half-written. A key that is already there is never replaced. `seed`: of a key that
 * was made elsewhere, 32 bytes; by default it is random. `dataKey`: of an encrypted directory.
 */
export async function createIdentity(
  dataDir: string,
  seed: Uint8Array = randomBytes(SEED_BYTES),
  dataKey: KeyObject | null = null,
): Promise<Identity> {
  const file = await fileOf(dataDir, dataKey)
  const identity = await identityFromSeed(seed)
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const bytes = privateKeyToProtobuf(identity.privateKey)
    await writeAside(file, dataKey === null ? bytes : sealFile(dataKey, IDENTITY_FILE, bytes))
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST' && (await isThere(file))) {
      throw new IdentityError(
        'IDENTITY_EXISTS',
        file,
        'there is already an identity here, and it is not replaced',
        'Use it, or choose another --data-dir for another agent',
        { cause },
      )
    }
    throw new IdentityError(
      'IDENTITY_UNWRITABLE',
      file,
      `could not be written (${errnoOf(cause)})`,
      'Choose a --data-dir that this user may write to',
      { cause },
    )
  }
  return identity
}

/** The key of this data directory; a new one if there is none yet. A key that is there but bad is an error. */
export async function loadOrCreateIdentity(
  dataDir: string,
  dataKey: KeyObject | null = null,
): Promise<{ readonly identity: Identity; readonly created: boolean }> {
  try {
    return { identity: await loadIdentity(dataDir, dataKey), created: false }
  } catch (error) {
    if (!(error instanceof IdentityError) || error.code !== 'IDENTITY_MISSING') throw error
    return { identity: await createIdentity(dataDir, undefined, dataKey), created: true }
  }
}

/** Without the data key, an encrypted directory must not be taken for one in which there is no identity yet. */
async function fileOf(dataDir: string, dataKey: KeyObject | null): Promise<string> {
  if (dataKey !== null) return identityPath(dataDir, 'sealed')
  // What is wrong with the directory itself is for its store to say.
  const layout = await readLayout(dataDir).catch(() => null)
  if (layout !== 'sealed') return identityPath(dataDir, 'plain')
  throw new IdentityError(
    'IDENTITY_ENCRYPTED',
    identityPath(dataDir, 'sealed'),
    'the identity is encrypted, and no key for it is configured',
    'Set dataKey.file or dataKey.command to what the data directory was encrypted with',
  )
}

function unsealed(file: string, content: Uint8Array, dataKey: KeyObject): Uint8Array {
  const opened = openSealed(dataKey, IDENTITY_FILE, content)
  if (typeof opened === 'object') return opened
  if (opened === 'newer') throw corrupt(file, 'it was written by a newer program, or altered')
  throw corrupt(file, 'it is not as it was encrypted, or not under the key of this directory')
}

async function identityFromSeed(seed: Uint8Array): Promise<Identity> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', seed)
  return {
    privateKey,
    seed: Uint8Array.from(seed),
    publicKey: privateKey.publicKey.raw,
    agent: peerIdFromPrivateKey(privateKey).toString(),
  }
}

async function readKeyFile(file: string): Promise<Uint8Array> {
  try {
    const { mode } = await stat(file)
    if ((mode & OTHERS_MASK) !== 0) {
      throw new IdentityError(
        'IDENTITY_PERMISSIONS',
        file,
        `others may read or change this secret key (mode ${(mode & 0o777).toString(8)})`,
        `Run: chmod 600 ${file}`,
      )
    }
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof IdentityError) throw cause
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(cause))) {
      throw new IdentityError(
        'IDENTITY_MISSING',
        file,
        'there is no identity here',
        'Run: skein init, or check --data-dir',
        { cause },
      )
    }
    throw new IdentityError(
      'IDENTITY_UNREADABLE',
      file,
      `could not be read (${errnoOf(cause)})`,
      'It must be a plain file that belongs to the user skein runs as',
      { cause },
    )
  }
}

function decodeKey(file: string, bytes: Uint8Array): Ed25519PrivateKey {
  let key: ReturnType<typeof privateKeyFromProtobuf>
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (cause) {
    throw corrupt(file, sizeComplaint(bytes) ?? 'it is not a libp2p private key', cause)
  }
  if (key.type !== 'Ed25519') {
    throw new IdentityError(
      'IDENTITY_WRONG_TYPE',
      file,
      `it holds a key of type ${key.type}, and an agent needs Ed25519`,
      'Move it away and run: skein init',
    )
  }
  const complaint = sizeComplaint(bytes)
  if (complaint !== null) throw corrupt(file, complaint)
  return key
}

function sizeComplaint(bytes: Uint8Array): string | null {
  if (bytes.byteLength === 0) return 'the file is empty'
  if (bytes.byteLength < FILE_BYTES) return `it is cut short (${bytes.byteLength} of ${FILE_BYTES} bytes)`
  if (bytes.byteLength > FILE_BYTES) return `it is too long (${bytes.byteLength} of ${FILE_BYTES} bytes)`
  return null
}

function corrupt(file: string, what: string, cause?: unknown): IdentityError {
  return new IdentityError(
    'IDENTITY_CORRUPT',
    file,
    `the identity is damaged: ${what}`,
    'Restore it from a backup; or move it away and run skein init, which makes a new agent',
    { cause },
  )
}

/** Written aside and linked into place: there is a whole key or none, and `link` refuses to replace one. */
async function writeAside(file: string, content: Uint8Array | string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(aside, content, { flag: 'wx', mode: OWNER_ONLY, flush: true })
    await link(aside, file)
  } finally {
    await rm(aside, { force: true })
  }
  const directory = await open(dirname(file), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

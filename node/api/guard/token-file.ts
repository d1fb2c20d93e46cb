import { hash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { SCOPES, type Scope } from './scope.ts'

const TOKENS_FILE = 'api-tokens.yaml'

/** Where a node keeps the tokens of its API. */
export const tokensFileOf = (dataDir: string): string => join(dataDir, TOKENS_FILE)

/** As many as people can keep an eye on; each request with a token is compared with all of them. */
const TOKENS_MAX = 100
/** A command that writes takes milliseconds: what lies about for longer was left by one that was killed. */
const WRITING_MS_MAX = 10_000

const HEAD = `# Who may use the API of this node; made by "skein token". No token can be had from its SHA-256.
# A running node notices every change at the next request.
`

/** One token: never itself, only its digest. It is not salted or stretched, see `newToken`. */
export interface TokenRecord {
  readonly name: string
  readonly scope: Scope
  /** 64 hex digits. */
  readonly sha256: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** null = never. */
  readonly expiresAt: string | null
}

/** Names stand in the event log: short, and without anything a terminal could take for an order. */
export const TOKEN_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/

const fileSchema = z.strictObject({
  v: z.literal(1),
  tokens: z
    .array(
      z.strictObject({
        name: z.string().regex(TOKEN_NAME),
        scope: z.enum(SCOPES),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        createdAt: z.iso.datetime(),
        expiresAt: z.iso.datetime().nullable(),
      }),
    )
    .max(TOKENS_MAX),
})

export type TokenFileCode =
  | 'tokens-damaged'
  | 'tokens-unreadable'
  | 'tokens-permissions'
  | 'tokens-busy'
  | 'tokens-full'
  | 'token-exists'
  | 'token-unknown'

/** The file of tokens can't be used or changed so. Says which file, what is wrong, and what to do. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError'
  readonly code: TokenFileCode
  readonly file: string

  constructor(code: TokenFileCode, file: string, what: string, options?: ErrorOptions) {
    super(`${file}: ${what}`, options)
    this.code = code
    this.file = file
  }
}

/**
 * A token that nobody can guess: 256 random bits. That is why one plain SHA-256 is enough to keep it by. Salt and slow
 * hashes make guessing passwords dear, of which there are few enough to try; a drone would pay them on every request.
 * Its head tells people, and programs that search for leaked secrets, what it is.
 */
const newToken = (): string => `skein_${randomBytes(32).toString('base64url')}`

export const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer')

/** The tokens of a file; none when there is no file. Throws TokenFileError. */
export function readTokens(file: string): readonly TokenRecord[] {
  let text: string
  try {
    const { mode } = statSync(file)
    if ((mode & 0o077) !== 0) {
      const what = `others may read or change it (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${file}`
      throw new TokenFileError('tokens-permissions', file, what)
    }
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof TokenFileError) throw cause
    if (errnoOf(cause) === 'ENOENT') return []
    const what = `cannot be read (${errnoOf(cause)}). It must belong to the user the node runs as`
    throw new TokenFileError('tokens-unreadable', file, what, { cause })
  }
  return parsed(text, file)
}

function parsed(text: string, file: string): readonly TokenRecord[] {
  const remedy = 'Restore it; or remove it, and make new tokens with: skein token create'
  let value: unknown
  try {
    // Its warnings would go to stderr, with the line that they are about.
    value = parse(text, { logLevel: 'error' })
  } catch (cause) {
    throw new TokenFileError('tokens-damaged', file, `is damaged: it is no YAML. ${remedy}`, { cause })
  }
  const result = fileSchema.safeParse(value)
  if (result.success) return result.data.tokens
  const [issue] = result.error.issues
  const what = `is damaged: ${issue?.path.join('.')}: ${issue?.message}. ${remedy}`
  throw new TokenFileError('tokens-damaged', file, what)
}

/** Makes a token and adds its digest to the file. The token itself is in the answer and nowhere else. */
export async function createToken(
  file: string,
  given: { readonly name: string; readonly scope: Scope; readonly expiresAt: string | null },
): Promise<{ readonly token: string; readonly record: TokenRecord }> {
  const token = newToken()
  const record: TokenRecord = {
    name: given.name,
    scope: given.scope,
    sha256: digestOf(token).toString('hex'),
    createdAt: new Date().toISOString(),
    expiresAt: given.expiresAt,
  }
  await change(file, tokens => {
    if (tokens.some(({ name }) => name === given.name)) {
      const what = `there is a token '${given.name}' already. Choose another name, or run: skein token revoke ${given.name}`
      throw new TokenFileError('token-exists', file, what)
    }
    if (tokens.length >= TOKENS_MAX) {
      const what = `there are ${TOKENS_MAX} tokens already. Revoke the ones nobody uses: skein token list`
      throw new TokenFileError('tokens-full', file, what)
    }
    return [...tokens, record]
  })
  return { token, record }
}

/** Takes a token out of the file: a running node lets it in no more. */
export async function revokeToken(file: string, name: string): Promise<void> {
  await change(file, tokens => {
    const rest = tokens.filter(token => token.name !== name)
    if (rest.length < tokens.length) return rest
    const known = tokens.map(token => token.name).join(', ') || 'none'
    throw new TokenFileError('token-unknown', file, `there is no token '${name}'. There are: ${known}`)
  })
}

/**
 * Replaces the file: a reader sees the old or the new one, whole. The file that is being written is also the lock, so
 * that of two commands at once neither loses what the other did.
 */
async function change(
  file: string,
  edit: (tokens: readonly TokenRecord[]) => readonly TokenRecord[],
): Promise<void> {
  const dir = dirname(file)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const next = `${file}.next`
  const handle = await openAlone(next, file)
  try {
    try {
      const tokens = edit(readTokens(file))
      await handle.writeFile(`${HEAD}${stringify({ v: 1, tokens })}`)
      await belongToOwnerOf(dir, handle)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, file)
  } catch (error) {
    await rm(next, { force: true })
    throw error
  }
  const directory = await open(dir, 'r')
  await directory.sync().finally(() => directory.close())
}

async function openAlone(next: string, file: string): Promise<FileHandle> {
  const attempt = () => open(next, 'wx', 0o600)
  try {
    return await attempt()
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    const { mtimeMs } = await stat(next)
    if (Date.now() - mtimeMs < WRITING_MS_MAX) {
      throw new TokenFileError('tokens-busy', file, 'another command is changing it. Try again')
    }
    await rm(next, { force: true })
    return attempt()
  }
}

/** A token made by root for the node of another user must still be readable to that node. */
async function belongToOwnerOf(dir: string, handle: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(dir)
  await handle.chown(uid, gid)
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

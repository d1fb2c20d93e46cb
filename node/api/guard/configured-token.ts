import { readFile, stat } from 'node:fs/promises'
import { ApiStartError } from '../start-error.ts'

/** Shorter ones can be guessed over a fast link. */
const TOKEN_LENGTH_MIN = 16

/**
 * The token, from the option or the first line of its file. Undefined = none is set.
 * Throws ApiStartError when the file cannot be read or the token could be guessed.
 */
export async function readToken(options: {
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
  readonly warn: (facts: Record<string, unknown>, message: string) => void
}): Promise<string | undefined> {
  if (options.token !== undefined) return checked(options.token, 'the token option')
  const path = options.tokenFile
  if (path === undefined) return undefined
  try {
    const text = await readFile(path, 'utf8')
    if (((await stat(path)).mode & 0o077) !== 0)
      options.warn({ path }, 'other users can read the API token file: chmod 600 it')
    return checked(text.split('\n', 1)[0]?.trim() ?? '', path)
  } catch (error) {
    if (error instanceof ApiStartError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new ApiStartError('token-file', `The API token file ${path} cannot be read: ${reason}.`, {
      cause: error,
    })
  }
}

function checked(token: string, from: string): string {
  if (token.length >= TOKEN_LENGTH_MIN && /^[\x21-\x7e]+$/.test(token)) return token
  throw new ApiStartError(
    'token-weak',
    `The API token in ${from} must be at least ${TOKEN_LENGTH_MIN} printable characters without spaces. ` +
      'Make one with: openssl rand -hex 32; or use "skein token create" in place of a file',
  )
}

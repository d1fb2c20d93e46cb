import { timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Logger } from '../../log.ts'
import { digestOf, readTokens, TokenFileError, type TokenRecord } from './token-file.ts'

interface Entry extends TokenRecord {
  readonly digest: Buffer
}

/**
 * The file of tokens, as it is now. Each question looks whether the file is still the one that was read (a `stat`, a
 * few µs; notices of the file system can be lost), so that what was revoked a moment ago is not let in. A file that
 * cannot be used lets nobody in.
 */
export class TokenBook {
  readonly #file: string
  readonly #log: Pick<Logger, 'error'>
  #stamp = ''
  #entries: readonly Entry[] = []
  #fault: TokenFileError | null = null

  constructor(file: string, log: Pick<Logger, 'error'>) {
    this.#file = file
    this.#log = log
  }

  /** Why no token can be told from any other; null = all is well. */
  get fault(): TokenFileError | null {
    this.#refresh()
    return this.#fault
  }

  get size(): number {
    this.#refresh()
    return this.#entries.length
  }

  /** Whose token this is, expired or not; null = nobody's. Takes the same time for every token. */
  find(token: string): TokenRecord | null {
    this.#refresh()
    const digest = digestOf(token)
    let found: TokenRecord | null = null
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry
    return found
  }

  /** Whether this very token is still in the file. */
  holds({ sha256, scope }: TokenRecord): boolean {
    this.#refresh()
    return this.#entries.some(entry => entry.sha256 === sha256 && entry.scope === scope)
  }

  #refresh(): void {
    const stamp = stampOf(this.#file)
    if (stamp === this.#stamp) return
    // Taken before the file is read: a change in between is seen the next time.
    this.#stamp = stamp
    this.#entries = []
    this.#fault = null
    try {
      this.#entries = readTokens(this.#file).map(record => ({
        ...record,
        digest: Buffer.from(record.sha256, 'hex'),
      }))
    } catch (error) {
      if (!(error instanceof TokenFileError)) throw error
      this.#fault = error
      this.#log.error({ err: error }, 'no API token is accepted until its file is mended')
    }
  }
}

/** Differs whenever the file does: a new one has another inode, a changed mode another time of change. */
function stampOf(file: string): string {
  try {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? 'none' : `${stat.dev}:${stat.ino}:${stat.ctimeNs}:${stat.size}`
  } catch (error) {
    return `unreadable: ${error instanceof Error ? error.message : String(error)}`
  }
}

export const isExpired = ({ expiresAt }: TokenRecord, nowMs: number): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= nowMs

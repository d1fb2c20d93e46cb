export type JoinErrorCode =
  | 'JOIN_BUNDLE'
  | 'JOIN_ROOT'
  | 'JOIN_SWARM'
  | 'JOIN_OLDER'
  | 'JOIN_EXPIRED'
  | 'JOIN_REVOKED'
  | 'JOIN_IDENTITY'
  | 'JOIN_UNWRITABLE'

/** A data directory can't be made a member's with this bundle. Says what is wrong, and what to do. */
export class JoinError extends Error {
  override readonly name = 'JoinError'
  readonly code: JoinErrorCode
  readonly advice: string

  constructor(code: JoinErrorCode, what: string, advice: string, options?: { readonly cause: unknown }) {
    super(`${what}. ${advice}`, options)
    this.code = code
    this.advice = advice
  }
}

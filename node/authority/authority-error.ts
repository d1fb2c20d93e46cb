export type AuthorityErrorCode =
  | 'AUTHORITY_MISSING'
  | 'AUTHORITY_EXISTS'
  | 'AUTHORITY_UNWRITABLE'
  | 'AUTHORITY_BUSY'
  | 'AUTHORITY_DAMAGED'
  | 'AUTHORITY_ROOT_NEEDED'
  | 'AUTHORITY_PASSPHRASE'
  | 'AUTHORITY_REFUSED'
  | 'AUTHORITY_ISSUER_EXPIRED'
  | 'AUTHORITY_UNKNOWN'

/** The authority can't do what it was asked for. Says what is wrong, and what to do. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError'
  readonly code: AuthorityErrorCode
  readonly advice: string

  constructor(code: AuthorityErrorCode, what: string, advice: string, options?: { readonly cause: unknown }) {
    super(`${what}. ${advice}`, options)
    this.code = code
    this.advice = advice
  }
}

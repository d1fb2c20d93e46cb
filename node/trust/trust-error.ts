export type TrustErrorCode =
  | 'TRUST_UNREADABLE'
  | 'TRUST_NONE'
  | 'TRUST_GENESIS'
  | 'TRUST_SWARM'
  | 'TRUST_CREDENTIAL_MISSING'
  | 'TRUST_CREDENTIAL'
  | 'TRUST_ROLE'
  | 'TRUST_REVOCATIONS'

/** What this node is trusted by can't be used. Says which file, what is wrong with it, and what to do. */
export class TrustError extends Error {
  override readonly name = 'TrustError'
  readonly code: TrustErrorCode
  readonly file: string
  readonly advice: string

  constructor(
    code: TrustErrorCode,
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
